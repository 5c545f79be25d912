-- Messages to people, on their way to one channel each. What may not come twice is marked before it is sent.
CREATE TABLE outbox (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text NOT NULL UNIQUE,
  channel text NOT NULL,
  -- Of messages with the same, the newer replaces one that has not gone out, and none overtakes one that is going out.
  about text NOT NULL,
  at_most_once boolean NOT NULL,
  repeats boolean NOT NULL,
  closes boolean NOT NULL,
  notice json NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sending', 'sent', 'failed', 'unknown', 'withdrawn')),
  attempts integer NOT NULL DEFAULT 0,
  why text,
  next_at timestamptz NOT NULL DEFAULT now(),
  created_at timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outbox_due ON outbox (next_at) WHERE state IN ('waiting', 'sending');
CREATE INDEX outbox_by_about ON outbox (about);
CREATE INDEX outbox_by_end ON outbox (seq) WHERE state IN ('failed', 'unknown');

GRANT SELECT ON outbox TO shipway_reader, shipway_writer;
GRANT INSERT, DELETE ON outbox TO shipway_writer;
GRANT UPDATE (state, attempts, why, next_at, changed_at) ON outbox TO shipway_writer;
