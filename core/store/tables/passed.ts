/**
 * SQL that holds for an event, called `passage`, that somebody was let through by: they were granted, and the door did not
 * fail to open to them before they were granted again.
 * @param whose what names them in an event
 */
export const passed = (whose: string): string => `passage.kind = 'decision' AND passage.outcome = 'granted'
  AND coalesce((
    SELECT later.kind FROM site_events AS later
    WHERE later.${whose} = passage.${whose} AND later.number > passage.number
      AND (later.kind = 'door-fault' OR later.outcome = 'granted')
    ORDER BY later.number LIMIT 1), '') <> 'door-fault'`;
