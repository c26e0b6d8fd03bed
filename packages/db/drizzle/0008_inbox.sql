-- The inbox: tags, search.
SELECT 1;
