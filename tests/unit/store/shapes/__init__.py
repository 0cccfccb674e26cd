"""What is stored of each class, in files that are never edited: a change adds a file with the next number."""
