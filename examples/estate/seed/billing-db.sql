CREATE TABLE public.invoices (id int PRIMARY KEY, total numeric(10, 2));
CREATE TABLE public.invoice_drafts (id int PRIMARY KEY, total numeric(10, 2));
CREATE TABLE public.refund_proposals (invoice_id int REFERENCES public.invoices, amount numeric(10, 2));
CREATE TABLE public.ledger (entry int PRIMARY KEY, amount numeric(10, 2));
CREATE TABLE public.payments (id int PRIMARY KEY, amount numeric(10, 2));
INSERT INTO public.invoices VALUES (1, 42.00);
