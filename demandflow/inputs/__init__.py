"""What comes in, checked in one place: texts, names, numbers, and the words of forms and files."""
