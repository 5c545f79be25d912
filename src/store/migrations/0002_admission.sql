-- Every save of a target's record names the revision it has read, so that one which lands late changes nothing.
ALTER TABLE targets ADD COLUMN revision bigint NOT NULL DEFAULT 1;

-- What each run was admitted with: admission believes this, and not what a request says of it.
CREATE TABLE runs (
  pipeline text PRIMARY KEY,
  body json NOT NULL,
  admitted_at timestamptz NOT NULL DEFAULT now()
);

-- What targets were asked to deploy, in the order of asking.
CREATE TABLE requests (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  service text NOT NULL,
  environment text NOT NULL,
  request_id text NOT NULL,
  -- Absent: taken back before it arrived.
  body json,
  -- Of one that was settled without a deployment.
  answer json,
  settled_at timestamptz,
  UNIQUE (service, environment, request_id)
);
CREATE INDEX requests_waiting ON requests (service, environment, seq) WHERE settled_at IS NULL;

-- Target, deployment, permit, request and audit change together or not at all. Answers false when somebody has saved the target since
-- it was read. A number that is taken is an error.
CREATE FUNCTION admit_deployment(admission json, entries json) RETURNS boolean
LANGUAGE plpgsql SET search_path = shipway, pg_temp AS $$
DECLARE
  a record;
BEGIN
  SELECT * INTO a FROM json_to_record(admission) AS r (
    id text, service text, environment text, n integer, request_id text, started_at timestamptz, body json, permit json,
    state json, revision bigint);
  IF a.revision = 0 THEN
    INSERT INTO targets (service, environment, state) VALUES (a.service, a.environment, a.state) ON CONFLICT DO NOTHING;
  ELSE
    UPDATE targets t SET state = a.state, revision = t.revision + 1, saved_at = now()
    WHERE t.service = a.service AND t.environment = a.environment AND t.revision = a.revision;
  END IF;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO deployments (id, service, environment, n, request_id, started_at, body)
  VALUES (a.id, a.service, a.environment, a.n, a.request_id, a.started_at, a.body);
  INSERT INTO permits (deployment, body) VALUES (a.id, a.permit);
  UPDATE requests r SET settled_at = now()
  WHERE r.service = a.service AND r.environment = a.environment AND r.request_id = a.request_id AND r.settled_at IS NULL;
  PERFORM append_audit(entries);
  RETURN true;
END $$;

-- The statement's nonce, the run and its audit entries, together or not at all. Answers false when another message has the nonce.
CREATE FUNCTION admit_run(claim json, body json, entries json) RETURNS boolean
LANGUAGE plpgsql SET search_path = shipway, pg_temp AS $$
DECLARE
  c record;
BEGIN
  SELECT * INTO c FROM json_to_record(claim) AS r (nonce text, workflow text, message text);
  INSERT INTO nonces (nonce, workflow, message) VALUES (c.nonce, c.workflow, c.message) ON CONFLICT DO NOTHING;
  IF NOT FOUND AND NOT EXISTS (
    SELECT FROM nonces n WHERE n.nonce = c.nonce AND n.workflow = c.workflow AND n.message = c.message)
  THEN
    RETURN false;
  END IF;
  INSERT INTO runs (pipeline, body) VALUES (c.workflow, body) ON CONFLICT DO NOTHING;
  PERFORM append_audit(entries);
  RETURN true;
END $$;

REVOKE ALL ON FUNCTION admit_deployment(json, json), admit_run(json, json, json) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admit_deployment(json, json), admit_run(json, json, json) TO shipway_writer;
GRANT SELECT ON runs, requests TO shipway_reader, shipway_writer;
GRANT INSERT ON runs, requests TO shipway_writer;
GRANT UPDATE (revision) ON targets TO shipway_writer;
GRANT UPDATE (answer, settled_at) ON requests TO shipway_writer;
