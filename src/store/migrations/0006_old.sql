-- What has had its time is found by its age, and what is kept by its content. Output of before counts from now.
ALTER TABLE log_chunks ADD COLUMN created_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX log_chunks_by_age ON log_chunks (created_at);
CREATE INDEX log_chunks_by_content ON log_chunks (digest);
CREATE INDEX samples_by_age ON samples (at);
GRANT DELETE ON log_chunks, samples, releases TO shipway_writer;
