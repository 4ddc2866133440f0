"""Each published experiment as one function: what the paper reports beside what comes out here."""
