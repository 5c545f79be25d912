-- Roles belong to the cluster, so several databases may make them at the same moment: one wins, the others find them.
DO $$
DECLARE
  wanted text;
  may_be text := CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['shipway_reader', 'shipway_writer'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
        RAISE DEBUG 'role % was made by another database of this cluster', wanted;
      END;
    END IF;
    -- So that whoever migrates may also work as these roles.
    FOR attempt IN 1..10 LOOP
      EXIT WHEN pg_has_role(current_user, wanted, may_be);
      BEGIN
        EXECUTE format('GRANT %I TO %I', wanted, current_user);
      EXCEPTION WHEN internal_error OR unique_violation THEN
        PERFORM pg_sleep(0.05); -- "tuple concurrently updated": another database grants the same
      END;
    END LOOP;
  END LOOP;
END $$;

-- Bodies are `json` and not `jsonb`: they come back as they went in, and any text that JSON can hold fits, "\u0000" included.

CREATE TABLE audit (
  seq bigint PRIMARY KEY,
  key text NOT NULL UNIQUE,
  previous text NOT NULL,
  hash text NOT NULL,
  -- The canonical text that is hashed. The columns below repeat parts of it, for finding entries.
  entry text NOT NULL,
  "timestamp" timestamptz NOT NULL,
  event_type text NOT NULL,
  "user" text NOT NULL,
  service text NOT NULL,
  environment text NOT NULL,
  version text NOT NULL,
  workflow text NOT NULL,
  ip_address text,
  user_agent text,
  late boolean NOT NULL
);
CREATE INDEX audit_by_target ON audit (service, environment, seq);
CREATE INDEX audit_by_workflow ON audit (workflow, seq);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit is append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- Also where a session switches ordinary triggers off (session_replication_role).
ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_is_append_only;

-- The only way into the audit for a writer, so that nobody who works as one can put an entry anywhere but at the end.
-- Appenders take turns until their commit: seq has no gaps and each entry follows the one before it.
CREATE FUNCTION append_audit(batch json) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = shipway, pg_temp AS $$
DECLARE
  item record;
  last_seq bigint;
  last_hash text;
  next_hash text;
BEGIN
  PERFORM pg_advisory_xact_lock(7310886951);
  SELECT seq, hash INTO last_seq, last_hash FROM audit ORDER BY seq DESC LIMIT 1;
  last_seq := coalesce(last_seq, 0);
  last_hash := coalesce(last_hash, repeat('0', 64));
  FOR item IN
    SELECT * FROM json_to_recordset(batch) AS r (
      key text, entry text, "timestamp" timestamptz, event_type text, "user" text, service text, environment text,
      version text, workflow text, ip_address text, user_agent text, late boolean)
  LOOP
    CONTINUE WHEN EXISTS (SELECT FROM audit a WHERE a.key = item.key);
    next_hash := encode(sha256(convert_to(last_hash || E'\n' || item.entry, 'UTF8')), 'hex');
    last_seq := last_seq + 1;
    INSERT INTO audit VALUES (
      last_seq, item.key, last_hash, next_hash, item.entry, item."timestamp", item.event_type, item."user", item.service,
      item.environment, item.version, item.workflow, item.ip_address, item.user_agent, item.late);
    last_hash := next_hash;
  END LOOP;
END $$;

CREATE TABLE permits (
  deployment text PRIMARY KEY,
  body json NOT NULL,
  closed_at text
);

CREATE TABLE nonces (
  nonce text PRIMARY KEY,
  workflow text NOT NULL,
  message text NOT NULL,
  claimed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE releases (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  service text NOT NULL,
  version text NOT NULL,
  digest text NOT NULL,
  run text NOT NULL,
  release json NOT NULL,
  evidence json NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (service, version, digest, run)
);

CREATE TABLE targets (
  service text NOT NULL,
  environment text NOT NULL,
  state json NOT NULL,
  saved_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (service, environment)
);

CREATE TABLE deployments (
  id text PRIMARY KEY,
  service text NOT NULL,
  environment text NOT NULL,
  n integer NOT NULL,
  request_id text NOT NULL,
  started_at timestamptz NOT NULL,
  body json NOT NULL,
  ending json
);
CREATE INDEX deployments_by_request ON deployments (service, environment, request_id);
CREATE INDEX deployments_newest ON deployments (started_at DESC, n DESC);
CREATE INDEX deployments_open ON deployments (service, environment, n) WHERE ending IS NULL;

CREATE TABLE samples (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  deployment text NOT NULL,
  phase text NOT NULL,
  at timestamptz NOT NULL,
  trigger text NOT NULL,
  body json NOT NULL,
  UNIQUE (deployment, phase, at, trigger)
);

CREATE TABLE policies (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  hash text NOT NULL,
  text text NOT NULL,
  accepted_at text NOT NULL,
  worker text NOT NULL
);

CREATE TABLE log_chunks (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run text NOT NULL,
  stage text NOT NULL,
  attempt integer NOT NULL,
  seq integer NOT NULL,
  digest text NOT NULL,
  bytes bigint NOT NULL,
  last boolean NOT NULL,
  UNIQUE (run, stage, attempt, seq)
);
CREATE INDEX log_chunks_of_run ON log_chunks (run, id);

REVOKE ALL ON FUNCTION append_audit(json) FROM PUBLIC;
GRANT USAGE ON SCHEMA shipway TO shipway_reader, shipway_writer;
GRANT SELECT ON ALL TABLES IN SCHEMA shipway TO shipway_reader, shipway_writer;
GRANT EXECUTE ON FUNCTION append_audit(json) TO shipway_writer;
GRANT INSERT ON permits, nonces, releases, targets, deployments, samples, policies, log_chunks TO shipway_writer;
GRANT UPDATE (closed_at) ON permits TO shipway_writer;
GRANT UPDATE (state, saved_at) ON targets TO shipway_writer;
GRANT UPDATE (ending) ON deployments TO shipway_writer;
