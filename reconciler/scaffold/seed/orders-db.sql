CREATE TABLE public.orders (id int PRIMARY KEY, customer text NOT NULL, total numeric(10, 2) NOT NULL);
CREATE TABLE public.order_items (order_id int REFERENCES public.orders, item text NOT NULL, quantity int NOT NULL);
CREATE TABLE public.refunds (order_id int REFERENCES public.orders, amount numeric(10, 2) NOT NULL);
INSERT INTO public.orders VALUES (1, 'Ada', 42.00), (2, 'Grace', 17.50);
INSERT INTO public.order_items VALUES (1, 'lamp', 1), (2, 'pencil', 7);
