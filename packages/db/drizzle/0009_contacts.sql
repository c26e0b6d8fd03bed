-- Contacts with several identities, attachments.
SELECT 1;
