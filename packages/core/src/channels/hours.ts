/**
 * Business hours, as pure functions of hours and an instant: whether somebody is there, and when somebody will be.
 *
 * All is said in the wall clock of the hours' own place: nine o'clock is nine o'clock in summer and in winter. It refuses to
 * know what a conversation makes of it.
 *
 * @module
 */
import { type BusinessHours, opensPlaceholder, weekdays } from "@axon/contracts/business-hours";

type Hours = Pick<BusinessHours, "timezone" | "weekly" | "holidays">;

/** A wall clock: the day as milliseconds of its midnight if it were in UTC, and minutes since that midnight. */
interface Wall {
  dayMs: number;
  minutes: number;
}

const dayMsLength = 86_400_000;
const minutesInDay = 1440;
/** How far ahead somebody's coming is looked for, in days: beyond the longest run of holidays on the one open day of the week. */
const daysAheadMax = 1500;

/** True when somebody is there at `instant`. A span belongs to the day it begins on: of a holiday's night shift nobody comes. */
export function isOpen(hours: Hours, instant: Date): boolean {
  const { dayMs, minutes } = wallClock(hours.timezone, instant);
  const yesterday = dayMs - dayMsLength;
  return (
    spansOn(hours, dayMs).some(({ from, to }) => minutes >= from && minutes < to) ||
    spansOn(hours, yesterday).some(({ to }) => minutes + minutesInDay < to)
  );
}

/** The first instant from `instant` on at which somebody is there: `instant` itself when somebody is; null when nobody ever comes. */
export function nextOpening(hours: Hours, instant: Date): Date | null {
  if (isOpen(hours, instant)) return instant;
  const today = wallClock(hours.timezone, instant).dayMs;
  for (let ahead = 0; ahead <= daysAheadMax; ahead += 1) {
    const dayMs = today + ahead * dayMsLength;
    const starts = spansOn(hours, dayMs)
      .map(({ from }) => instantOf(hours.timezone, { dayMs, minutes: from }))
      // A start that the clocks skip, with its whole span, is no opening.
      .filter((start) => start > instant && isOpen(hours, start))
      .sort((one, other) => one.getTime() - other.getTime());
    if (starts[0]) return starts[0];
  }
  return null;
}

/** What a customer is told while nobody is there, with the time of the next opening in it. */
export function outOfHoursText(hours: BusinessHours, instant: Date): string {
  const opens = nextOpening(hours, instant);
  const told = opens === null ? "—" : sayTime(hours, opens);
  return hours.outOfHoursText.replaceAll(opensPlaceholder, () => told);
}

/**
 * True when a customer who was told at `toldAt` that nobody is there need not be told again: nobody has been there since.
 */
export function stillClosedSince(hours: Hours, toldAt: Date, instant: Date): boolean {
  const opens = nextOpening(hours, toldAt);
  return opens === null || opens > instant;
}

function sayTime({ locale, timezone }: BusinessHours, instant: Date): string {
  const style = { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", timeZoneName: "short" } as const;
  return new Intl.DateTimeFormat(locale, { ...style, timeZone: timezone }).format(instant);
}

/** Spans that begin on that day, in minutes since its midnight; `to` is beyond 1,440 for those that end on the next day. */
function spansOn({ weekly, holidays }: Hours, dayMs: number): { from: number; to: number }[] {
  const date = new Date(dayMs);
  if (holidays.includes(date.toISOString().slice(0, 10))) return [];
  const name = weekdays[date.getUTCDay()];
  return weekly
    .filter(({ day }) => day === name)
    .map(({ from, to }) => ({ from: minutesOf(from), to: minutesOf(to) }))
    .map(({ from, to }) => ({ from, to: to <= from ? to + minutesInDay : to }));
}

function minutesOf(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(":").map(Number);
  return hours * 60 + minutes;
}

function wallClock(timeZone: string, instant: Date): Wall {
  const style = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", hourCycle: "h23" } as const;
  const parts = new Intl.DateTimeFormat("en-US-u-ca-gregory-nu-latn", { ...style, timeZone }).formatToParts(instant);
  const number = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((part) => part.type === type)?.value);
  return { dayMs: Date.UTC(number("year"), number("month") - 1, number("day")), minutes: number("hour") * 60 + number("minute") };
}

/**
 * The instant at which the clocks show this. Of two (clocks set back) the first; where the clocks skip it, the moment at which
 * they go on.
 */
function instantOf(timeZone: string, wall: Wall): Date {
  const shown = (instant: number) => {
    const { dayMs, minutes } = wallClock(timeZone, new Date(instant));
    return dayMs + minutes * 60_000;
  };
  const wanted = wall.dayMs + wall.minutes * 60_000;
  // The offsets a day before and a day after are the two that can be meant.
  const offsets = [wanted - dayMsLength, wanted + dayMsLength].map((near) => shown(near) - near);
  const exact = offsets.map((offset) => wanted - offset).filter((instant) => shown(instant) === wanted);
  if (exact.length > 0) return new Date(Math.min(...exact));
  return new Date(firstAfterGap(wanted - Math.max(...offsets), wanted - Math.min(...offsets), (instant) => shown(instant) > wanted));
}

/** The first whole minute in a span of hours from which on `after` is true. */
function firstAfterGap(fromMs: number, toMs: number, after: (instantMs: number) => boolean): number {
  let [low, high] = [Math.floor(fromMs / 60_000), Math.ceil(toMs / 60_000)];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (after(middle * 60_000)) high = middle;
    else low = middle + 1;
  }
  return low * 60_000;
}
