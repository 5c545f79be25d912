-- A run looks for what was built of its commit.
CREATE INDEX releases_by_commit ON releases (service, (release->>'commit'), id);
