-- The life of a conversation.
SELECT 1;
