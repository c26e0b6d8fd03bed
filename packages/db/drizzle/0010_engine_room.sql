-- Dead letters and schedules.
SELECT 1;
