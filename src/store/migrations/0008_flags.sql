-- Flags of targets: what releases declare, and who has which variant.
CREATE TABLE flags (
  service text NOT NULL,
  environment text NOT NULL,
  name text NOT NULL,
  declaration json NOT NULL,
  version text NOT NULL,
  -- Absent: it is off.
  rule json,
  set_by text,
  set_at timestamptz,
  PRIMARY KEY (service, environment, name)
);

-- Every change of a flag counts it up under its lock, so that changes become visible in the order of their numbers.
CREATE TABLE flag_changes (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  revision bigint NOT NULL
);
INSERT INTO flag_changes (revision) VALUES (0);

CREATE FUNCTION count_flag_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = shipway, pg_temp AS $$
BEGIN
  UPDATE flag_changes SET revision = revision + 1;
  RETURN NULL;
END $$;
CREATE TRIGGER flags_are_counted AFTER INSERT OR UPDATE OR DELETE ON flags
  FOR EACH STATEMENT EXECUTE FUNCTION count_flag_change();

GRANT SELECT ON flags, flag_changes TO shipway_reader, shipway_writer;
GRANT INSERT ON flags TO shipway_writer;
GRANT UPDATE (declaration, version, rule, set_by, set_at) ON flags TO shipway_writer;
