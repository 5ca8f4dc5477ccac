-- Q11: latest rows reach further back than the slim builds.
CREATE FUNCTION headcount.vcs_projects("window" interval DEFAULT '12 months', as_of timestamptz DEFAULT now())
RETURNS TABLE (vcs text, projects bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT latest.vcs, count(DISTINCT latest.project_id)
    FROM headcount_store.latest_builds AS latest
    WHERE latest.successful AND headcount_inner.is_within(latest.started_at, "window", as_of)
        AND NOT EXISTS (SELECT FROM headcount_store.project_flags AS flags WHERE flags.project_id = latest.project_id)
    GROUP BY latest.vcs
    ORDER BY 2 DESC, 1
$$;
COMMENT ON FUNCTION headcount.vcs_projects(interval, timestamptz) IS 'How many projects with a success in the window use which version control?';
CREATE VIEW headcount.vcs_projects AS SELECT * FROM headcount.vcs_projects();
COMMENT ON VIEW headcount.vcs_projects IS 'How many projects with a success in the last 12 months use which version control?';
COMMENT ON COLUMN headcount.vcs_projects.vcs IS 'git, hg, svn, bzr or (other); null: not known.';
COMMENT ON COLUMN headcount.vcs_projects.projects IS 'Distinct projects.';
