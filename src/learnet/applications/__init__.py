"""The course's use cases, each a small product: colourisation, translation, driving."""
