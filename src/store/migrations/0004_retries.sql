-- How a run ended that did not ship, and what its stages have made: who tries it again does not repeat that.
ALTER TABLE runs ADD COLUMN ended json;
GRANT UPDATE (ended) ON runs TO shipway_writer;
