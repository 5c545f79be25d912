-- Which declaration of a flag is served depends on which deployment is live, so a change of that is one of flags.
CREATE TRIGGER first_live_is_counted AFTER INSERT ON targets
  FOR EACH ROW WHEN (NEW.state->'live' IS NOT NULL) EXECUTE FUNCTION count_flag_change();
CREATE TRIGGER live_is_counted AFTER UPDATE ON targets
  FOR EACH ROW WHEN (OLD.state->'live'->>'deployment' IS DISTINCT FROM NEW.state->'live'->>'deployment')
  EXECUTE FUNCTION count_flag_change();
