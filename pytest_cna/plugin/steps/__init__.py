"""The Gherkin vocabulary, one module a theme."""
