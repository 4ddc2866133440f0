"""What deep learning is for: small products that a person can use on material of their own."""
