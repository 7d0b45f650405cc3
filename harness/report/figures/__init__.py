"""What is drawn of a run: frame, data table, title, caption and alt text of each figure, in the order of reading."""
