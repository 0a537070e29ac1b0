"""From what stands to documents: who is one agent, what is one intent, and how they are called."""
