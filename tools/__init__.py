"""What makes the pages of docs/ that are written by no hand."""
