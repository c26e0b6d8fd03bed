-- What live readers need.
SELECT 1;
