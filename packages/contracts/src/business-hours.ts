/**
 * When people are there to answer, on the clocks of one place.
 *
 * @module
 */
import { z } from "zod";

/** As JavaScript counts them: Sunday is 0. */
export const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

/** Spans in one week, and holidays that can be named. */
export const spansMax = 50;
export const holidaysMax = 200;

/**
 * `ai_always`: the agent answers at all times. `ai_out_of_hours`: it answers only while nobody is there.
 * `ai_in_hours`: it answers only while somebody is there who can take over.
 */
export const hoursModes = ["ai_always", "ai_out_of_hours", "ai_in_hours"] as const;

/** Where this stands in `outOfHoursText`, the time stands at which people are back. */
export const opensPlaceholder = "{opens}";
const defaultOutOfHoursText = `Nobody is here right now. We will answer you here when we are back: ${opensPlaceholder}.`;

const clock = z
  .string()
  .max(5)
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be a time like 09:30");

const span = z
  .strictObject({
    day: z.enum(weekdays),
    from: clock,
    /** At or before `from`: on the next day. `24:00` is midnight. */
    to: z
      .string()
      .max(5)
      .regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, "must be a time like 17:00, or 24:00"),
  })
  .refine(({ from, to }) => from !== to, { path: ["to"], message: "must differ from `from`; the whole day is 00:00 to 24:00" });

const holiday = z
  .string()
  .max(10)
  .refine((text) => isDate(text), "must be a date like 2026-12-25");

const shape = {
  /** IANA name, like Europe/Vienna. */
  timezone: z
    .string()
    .max(60)
    .refine((name) => isTimezone(name), "must be a time zone like Europe/Vienna"),
  /** A span belongs to the day on which it begins. Spans may overlap. */
  weekly: z.array(span).max(spansMax),
  /** Days on which nobody is there, whatever the week says. */
  holidays: z.array(holiday).max(holidaysMax),
  outOfHoursText: z.string().trim().min(1).max(2000),
  /** BCP 47: how the time in the text is written. */
  locale: z
    .string()
    .max(35)
    .refine((tag) => isLocale(tag), "must be a BCP 47 tag"),
  mode: z.enum(hoursModes),
};

/** As it is kept. What was right when it was written stays readable, also where this machine knows fewer time zones. */
export const businessHours = z.object({ ...shape, timezone: z.string(), locale: z.string() });
export type BusinessHours = z.infer<typeof businessHours>;

export const businessHoursInput = z.strictObject({
  ...shape,
  holidays: shape.holidays.default([]),
  outOfHoursText: shape.outOfHoursText.default(defaultOutOfHoursText),
  locale: shape.locale.default("en"),
  mode: shape.mode.default("ai_always"),
});

function isTimezone(name: string): boolean {
  // An offset like +02:00 has no summer time: it is a time zone to Intl, and not what anybody means here.
  return /^[A-Za-z]/.test(name) && accepts(() => new Intl.DateTimeFormat("en", { timeZone: name }));
}

function isLocale(tag: string): boolean {
  return accepts(() => new Intl.DateTimeFormat(tag));
}

function accepts(make: () => unknown): boolean {
  try {
    make();
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
