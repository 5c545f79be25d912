-- Which declaration of a flag is served depends on which deployment is live, so a change of that is one of flags. It is kept beside the state,
-- which may hold what PostgreSQL cannot take apart (a NUL in a reason).
ALTER TABLE targets ADD COLUMN live_deployment text;
GRANT UPDATE (live_deployment) ON targets TO shipway_writer;
CREATE TRIGGER first_live_is_counted AFTER INSERT ON targets
  FOR EACH ROW WHEN (NEW.live_deployment IS NOT NULL) EXECUTE FUNCTION count_flag_change();
CREATE TRIGGER live_is_counted AFTER UPDATE ON targets
  FOR EACH ROW WHEN (OLD.live_deployment IS DISTINCT FROM NEW.live_deployment)
  EXECUTE FUNCTION count_flag_change();
