truncate transparency.tiles, transparency.entries, transparency.column_sums, transparency.checkpoints
