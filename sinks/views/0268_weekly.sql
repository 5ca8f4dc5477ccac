-- Weekly series, from the sets that three years of weeks keep. Weeks begin on Monday, UTC, and a week that is in the window
-- with a day counts whole. Flags apply here, when it is read, so that a project flagged today is gone from past weeks too (B42).

-- Without SET, so that the planner sees through it: only functions that set the path call it.
-- The members of one kind, of all weeks that the window touches.
CREATE FUNCTION headcount_inner.weekly(kind text, "window" interval, as_of timestamptz)
RETURNS TABLE (week date, project_id text, list_id bigint, value text, detail text)
LANGUAGE sql STABLE AS $$
    SELECT kept.week, kept.project_id, kept.list_id, kept.value, kept.detail
    FROM headcount_store.project_weeks AS kept
    WHERE kept.kind = weekly.kind
        AND kept.week > (as_of AT TIME ZONE 'UTC' - "window")::date - 7 AND kept.week <= (as_of AT TIME ZONE 'UTC')::date
        AND kept.project_id NOT IN (SELECT flags.project_id FROM headcount_store.project_flags AS flags)
$$;

-- How many projects had a success in each week, and of how many a kind is not known. Lists say it in rows of their own (kind
-- known), as there can be many lists a project and week.
CREATE FUNCTION headcount_inner.weekly_totals(kind text, "window" interval, as_of timestamptz)
RETURNS TABLE (week date, projects bigint, unknown bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH members AS (
        SELECT given.week, given.project_id FROM headcount_inner.weekly('known', "window", as_of) AS given
        WHERE given.value = weekly_totals.kind
        UNION
        SELECT given.week, given.project_id FROM headcount_inner.weekly(weekly_totals.kind, "window", as_of) AS given
        WHERE weekly_totals.kind NOT IN ('pip', 'conda', 'apt')
    ), known AS (
        SELECT members.week, count(*) AS projects FROM members GROUP BY members.week
    )
    SELECT active.week, count(*), count(*) - coalesce(min(known.projects), 0)
    FROM headcount_inner.weekly('active', "window", as_of) AS active LEFT JOIN known USING (week)
    GROUP BY active.week
$$;

-- Projects by value and week; the unknown is a row of its own (M3).
CREATE FUNCTION headcount_inner.weekly_by_value(kind text, "window" interval, as_of timestamptz)
RETURNS TABLE (week date, value text, detail text, projects bigint, share double precision)
LANGUAGE sql STABLE AS $$
    WITH totals AS (
        SELECT * FROM headcount_inner.weekly_totals(weekly_by_value.kind, "window", as_of)
    ), counted AS (
        -- A member is there once, so nothing has to be made distinct.
        SELECT given.week, given.value, given.detail, count(*) AS projects
        FROM headcount_inner.weekly(weekly_by_value.kind, "window", as_of) AS given
        GROUP BY given.week, given.value, given.detail
        UNION ALL
        SELECT totals.week, NULL, NULL, totals.unknown FROM totals WHERE totals.unknown > 0
    )
    SELECT counted.week, counted.value, counted.detail, counted.projects,
        round(counted.projects::numeric / totals.projects, 4)::double precision
    FROM counted JOIN totals USING (week)
$$;

-- Projects by week and label, where lists have labels: the series of a package, or the names of packages. Within a week a
-- project's rows lie side by side, and each label is a bit; so millions of rows become one row a project and week without
-- being sorted or hashed. The planner must not see through this one: it would look every list up by itself.
CREATE FUNCTION headcount_inner.weekly_by_label(ecosystem text, list_ids bigint[], labels text[], "window" interval, as_of timestamptz)
RETURNS TABLE (week date, label text, projects bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH given AS (
        SELECT list_id, label FROM unnest(list_ids, labels) AS each (list_id, label)
    ), numbered AS MATERIALIZED (
        SELECT each.label, row_number() OVER (ORDER BY each.label)::integer - 1 AS place, count(*) OVER ()::integer AS places
        FROM (SELECT DISTINCT given.label FROM given) AS each
    ), lists AS MATERIALIZED (
        SELECT given.list_id, bit_or(set_bit(repeat('0', numbered.places)::varbit, numbered.place, 1)) AS bits
        FROM given JOIN numbered ON numbered.label IS NOT DISTINCT FROM given.label
        GROUP BY given.list_id
    ), projects AS MATERIALIZED (
        SELECT seen.week, bit_or(lists.bits) AS bits
        FROM headcount_inner.weekly(weekly_by_label.ecosystem, "window", as_of) AS seen JOIN lists USING (list_id)
        GROUP BY seen.week, seen.project_id
    ), alike AS MATERIALIZED (
        SELECT projects.week, projects.bits, count(*) AS projects FROM projects GROUP BY projects.week, projects.bits
    )
    SELECT alike.week, numbered.label, sum(alike.projects)::bigint
    FROM alike JOIN numbered ON get_bit(alike.bits, numbered.place) = 1
    GROUP BY alike.week, numbered.label
$$;

-- Q1 as a series
CREATE FUNCTION headcount.package_projects_weekly(
    package text DEFAULT 'sphinx', "window" interval DEFAULT '180 days', as_of timestamptz DEFAULT now(), ecosystem text DEFAULT 'pip'
)
RETURNS TABLE (week date, name text, series text, sort_key bigint[], projects bigint, share double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '32MB' AS $$
    WITH totals AS (
        SELECT * FROM headcount_inner.weekly_totals(package_projects_weekly.ecosystem, "window", as_of)
    ), lists AS (
        SELECT array_agg(items.list_id) AS ids, array_agg(headcount_inner.series(items.version, 1)) AS series,
            min(items.canonical_name) AS name
        FROM headcount_store.package_list_items AS items
        WHERE items.canonical_name = headcount_inner.package_name(package_projects_weekly.ecosystem, package)
            AND items.ecosystem = package_projects_weekly.ecosystem
    ), counted AS (
        SELECT each.week, lists.name, each.label AS series, each.projects
        FROM lists
        CROSS JOIN LATERAL headcount_inner.weekly_by_label(package_projects_weekly.ecosystem, lists.ids, lists.series, "window", as_of) AS each
        UNION ALL
        SELECT totals.week, NULL, NULL, totals.unknown FROM totals WHERE totals.unknown > 0
    )
    SELECT counted.week, counted.name, counted.series, headcount_inner.numbers(counted.series, 1), counted.projects,
        round(counted.projects::numeric / totals.projects, 4)::double precision
    FROM counted JOIN totals USING (week)
    ORDER BY 1, 4, 2
$$;
COMMENT ON FUNCTION headcount.package_projects_weekly(text, interval, timestamptz, text) IS 'How many projects built with which series of a package (of pip, conda or apt) in each week that the window touches?';
CREATE VIEW headcount.package_projects_weekly AS SELECT * FROM headcount.package_projects_weekly();
COMMENT ON VIEW headcount.package_projects_weekly IS 'How many projects built with which series of Sphinx in each week of the last 180 days? The function takes any package, and up to three years.';
COMMENT ON COLUMN headcount.package_projects_weekly.week IS 'The Monday of the week, UTC.';
COMMENT ON COLUMN headcount.package_projects_weekly.name IS 'The package; null: the projects whose packages are not known.';
COMMENT ON COLUMN headcount.package_projects_weekly.series IS 'The first number of its version; null: the version has none.';
COMMENT ON COLUMN headcount.package_projects_weekly.sort_key IS 'ORDER BY this sorts series as numbers.';
COMMENT ON COLUMN headcount.package_projects_weekly.projects IS 'Distinct projects with a success in that week.';
COMMENT ON COLUMN headcount.package_projects_weekly.share IS 'Of all projects with a success in that week.';

-- Q3 as a series
CREATE FUNCTION headcount.python_projects_weekly("window" interval DEFAULT '180 days', as_of timestamptz DEFAULT now())
RETURNS TABLE (week date, implementation text, python text, sort_key bigint[], projects bigint, share double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '32MB' AS $$
    SELECT week, value, detail, headcount_inner.numbers(detail, 2), projects, share
    FROM headcount_inner.weekly_by_value('python', "window", as_of)
    ORDER BY 1, 2, 4
$$;
COMMENT ON FUNCTION headcount.python_projects_weekly(interval, timestamptz) IS 'How many projects built with which Python in each week that the window touches?';
CREATE VIEW headcount.python_projects_weekly AS SELECT * FROM headcount.python_projects_weekly();
COMMENT ON VIEW headcount.python_projects_weekly IS 'How many projects built with which Python in each week of the last 180 days? The function takes up to three years.';
COMMENT ON COLUMN headcount.python_projects_weekly.week IS 'The Monday of the week, UTC.';
COMMENT ON COLUMN headcount.python_projects_weekly.implementation IS 'CPython, PyPy, …; null: not known.';
COMMENT ON COLUMN headcount.python_projects_weekly.python IS 'Its minor version; null: not known.';
COMMENT ON COLUMN headcount.python_projects_weekly.sort_key IS 'ORDER BY this sorts versions as versions.';
COMMENT ON COLUMN headcount.python_projects_weekly.projects IS 'Distinct projects with a success in that week.';
COMMENT ON COLUMN headcount.python_projects_weekly.share IS 'Of all projects with a success in that week.';

-- The other values that weeks keep, as the deprecation of an image or a system is a series too.
CREATE FUNCTION headcount.value_projects_weekly(kind text DEFAULT 'build_os', "window" interval DEFAULT '180 days', as_of timestamptz DEFAULT now())
RETURNS TABLE (week date, value text, detail text, sort_key bigint[], projects bigint, share double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '32MB' AS $$
    SELECT week, value, detail, headcount_inner.numbers(detail, 2), projects, share
    FROM headcount_inner.weekly_by_value(value_projects_weekly.kind, "window", as_of)
    ORDER BY 1, 2, 4
$$;
COMMENT ON FUNCTION headcount.value_projects_weekly(text, interval, timestamptz) IS 'How many projects built with which value of a kind (python, os, build_os, image, theme, doctool) in each week that the window touches?';
CREATE VIEW headcount.value_projects_weekly AS SELECT * FROM headcount.value_projects_weekly();
COMMENT ON VIEW headcount.value_projects_weekly IS 'How many projects asked for which build.os in each week of the last 180 days? The function takes other kinds, and up to three years.';
COMMENT ON COLUMN headcount.value_projects_weekly.week IS 'The Monday of the week, UTC.';
COMMENT ON COLUMN headcount.value_projects_weekly.value IS 'The value; null: not known.';
COMMENT ON COLUMN headcount.value_projects_weekly.detail IS 'Its version, where it has one.';
COMMENT ON COLUMN headcount.value_projects_weekly.sort_key IS 'ORDER BY this sorts versions as versions.';
COMMENT ON COLUMN headcount.value_projects_weekly.projects IS 'Distinct projects with a success in that week.';
COMMENT ON COLUMN headcount.value_projects_weekly.share IS 'Of all projects with a success in that week.';

-- Q9
CREATE FUNCTION headcount.adoption_weekly(
    packages text[] DEFAULT ARRAY['sphinx', 'myst-parser', 'sphinx-notfound-page', 'sphinx-hoverxref'],
    "window" interval DEFAULT '180 days', as_of timestamptz DEFAULT now()
)
RETURNS TABLE (week date, name text, projects bigint, active_projects bigint, unknown bigint, share double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '32MB' AS $$
    WITH totals AS (
        SELECT * FROM headcount_inner.weekly_totals('pip', "window", as_of)
    ), wanted AS (
        SELECT DISTINCT headcount_inner.package_name('pip', given.name) AS name FROM unnest(adoption_weekly.packages) AS given (name)
    ), lists AS (
        SELECT array_agg(items.list_id) AS ids, array_agg(items.canonical_name) AS names
        FROM headcount_store.package_list_items AS items
        WHERE items.canonical_name = ANY (ARRAY(SELECT wanted.name FROM wanted)) AND items.ecosystem = 'pip'
    ), counted AS (
        SELECT each.week, each.label AS name, each.projects
        FROM lists CROSS JOIN LATERAL headcount_inner.weekly_by_label('pip', lists.ids, lists.names, "window", as_of) AS each
    )
    SELECT totals.week, wanted.name, coalesce(counted.projects, 0), totals.projects, totals.unknown,
        round(coalesce(counted.projects, 0)::numeric / totals.projects, 4)::double precision
    FROM totals CROSS JOIN wanted LEFT JOIN counted USING (week, name)
    ORDER BY 1, 2
$$;
COMMENT ON FUNCTION headcount.adoption_weekly(text[], interval, timestamptz) IS 'What share of the projects of each week builds with a package?';
CREATE VIEW headcount.adoption_weekly AS SELECT * FROM headcount.adoption_weekly();
COMMENT ON VIEW headcount.adoption_weekly IS 'What share of the projects of each week builds with Sphinx, MyST, notfound and hoverxref, in the last 180 days? The function takes any packages, and up to three years.';
COMMENT ON COLUMN headcount.adoption_weekly.week IS 'The Monday of the week, UTC.';
COMMENT ON COLUMN headcount.adoption_weekly.name IS 'The package.';
COMMENT ON COLUMN headcount.adoption_weekly.projects IS 'Distinct projects with a success in that week that had it installed.';
COMMENT ON COLUMN headcount.adoption_weekly.active_projects IS 'Distinct projects with a success in that week.';
COMMENT ON COLUMN headcount.adoption_weekly.unknown IS 'Of these, the projects whose packages are not known.';
COMMENT ON COLUMN headcount.adoption_weekly.share IS 'projects of active_projects.';
