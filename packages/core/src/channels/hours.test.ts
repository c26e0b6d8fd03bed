import { businessHoursInput } from "@axon/contracts/business-hours";
import { describe, expect, it } from "vitest";
import { isOpen, nextOpening, outOfHoursText, stillClosedSince } from "./hours.ts";

const hours = (weekly: [string, string, string][], more: Record<string, unknown> = {}) =>
  businessHoursInput.parse({
    timezone: "Europe/Vienna",
    weekly: weekly.flatMap(([days, from, to]) => days.split(",").map((day) => ({ day, from, to }))),
    ...more,
  });
const office = hours([["mon,tue,wed,thu,fri", "09:00", "17:00"]]);
const open = (set: ReturnType<typeof hours>, at: string) => isOpen(set, new Date(at));
const opens = (set: ReturnType<typeof hours>, at: string) => nextOpening(set, new Date(at))?.toISOString() ?? null;

describe("business hours", () => {
  it("begin with their first minute and end before their last", () => {
    // 7 July 2026 is a Tuesday; Vienna is two hours ahead of UTC.
    expect(["06:59:59", "07:00:00", "14:59:59", "15:00:00"].map((time) => open(office, `2026-07-07T${time}Z`))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  it("are on the clocks of their place, in winter, in summer, and on the days between", () => {
    expect([open(office, "2026-01-07T08:00:00Z"), open(office, "2026-01-07T07:59:00Z")]).toEqual([true, false]);
    // The last Fridays before and the first Mondays after both changes (29 March and 25 October 2026).
    expect(
      ["2026-03-27T08:00:00Z", "2026-03-30T07:00:00Z", "2026-10-23T07:00:00Z", "2026-10-26T08:00:00Z"].map((at) => opens(office, at)),
    ).toEqual(["2026-03-27T08:00:00.000Z", "2026-03-30T07:00:00.000Z", "2026-10-23T07:00:00.000Z", "2026-10-26T08:00:00.000Z"]);
    expect([opens(office, "2026-03-27T20:00:00Z"), opens(office, "2026-10-23T20:00:00Z")]).toEqual([
      "2026-03-30T07:00:00.000Z",
      "2026-10-26T08:00:00.000Z",
    ]);
  });

  it("open when the clocks go on, where they skip the hour, and twice where they show it twice", () => {
    const early = hours([["sun", "02:30", "04:00"]]);
    expect(opens(early, "2026-03-29T00:00:00Z")).toBe("2026-03-29T01:00:00.000Z"); // 02:30 is not shown that day: 03:00 comes after 01:59.
    expect(opens(early, "2026-10-25T00:00:00Z")).toBe("2026-10-25T00:30:00.000Z"); // The first of the two.
    expect(["00:30", "00:59", "01:00", "01:29", "01:30", "02:59", "03:00"].map((time) => open(early, `2026-10-25T${time}:00Z`))).toEqual([
      true,
      true,
      false,
      false,
      true,
      true,
      false,
    ]);
    const skipped = hours([["sun", "02:10", "02:50"]]);
    expect(opens(skipped, "2026-03-28T12:00:00Z")).toBe("2026-04-05T00:10:00.000Z");
  });

  it("go on over midnight, also into a day on which nobody begins", () => {
    const night = hours([["fri", "22:00", "06:00"]]);
    // Friday, 10 July 2026, 22:00 in Vienna.
    expect(["19:59", "20:00", "23:00"].map((time) => open(night, `2026-07-10T${time}:00Z`))).toEqual([false, true, true]);
    expect(["03:59", "04:00"].map((time) => open(night, `2026-07-11T${time}:00Z`))).toEqual([true, false]);
    expect(open(night, "2026-07-10T02:00:00Z")).toBe(false);
  });

  it("can be the whole day, and day after day", () => {
    const always = hours([["sun,mon,tue,wed,thu,fri,sat", "00:00", "24:00"]]);
    for (const at of [
      "2026-03-29T00:59:59Z",
      "2026-03-29T01:00:00Z",
      "2026-10-25T01:30:00Z",
      "2026-07-07T21:59:59Z",
      "2026-07-07T22:00:00Z",
    ])
      expect(open(always, at)).toBe(true);
    const monday = hours([["mon", "00:00", "24:00"]]);
    expect([open(monday, "2026-07-06T21:59:00Z"), open(monday, "2026-07-06T22:00:00Z")]).toEqual([true, false]);
  });

  it("are none on holidays, and none of the night after one", () => {
    const closed = hours([["thu,fri", "20:00", "04:00"]], { holidays: ["2026-12-24", "2026-12-25"] });
    expect([open(closed, "2026-12-24T20:00:00Z"), open(closed, "2026-12-25T02:00:00Z"), open(closed, "2026-12-25T20:00:00Z")]).toEqual([
      false,
      false,
      false,
    ]);
    expect(opens(closed, "2026-12-24T20:00:00Z")).toBe("2026-12-31T19:00:00.000Z");
  });

  it("are in other places at other times", () => {
    const kathmandu = hours([["mon", "09:00", "17:00"]], { timezone: "Asia/Kathmandu" });
    expect(opens(kathmandu, "2026-07-05T12:00:00Z")).toBe("2026-07-06T03:15:00.000Z");
    // Lord Howe Island sets its clocks by half an hour: on 4 October 2026 from 02:00 to 02:30.
    const island = hours([["sun", "02:15", "05:00"]], { timezone: "Australia/Lord_Howe" });
    expect(opens(island, "2026-10-03T12:00:00Z")).toBe("2026-10-03T15:30:00.000Z");
    // Samoa skipped the 30th of December 2011.
    const samoa = hours([["fri,sat", "10:00", "11:00"]], { timezone: "Pacific/Apia" });
    expect(opens(samoa, "2011-12-30T00:00:00Z")).toBe("2011-12-30T20:00:00.000Z");
  });

  it("that never come are said to", () => {
    expect(opens(hours([]), "2026-07-07T12:00:00Z")).toBeNull();
  });

  it("agree with themselves: it opens at the instant that is told, and not before", () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    const zones = ["Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Santiago", "Africa/Casablanca"];
    const two = (value: number) => String(value).padStart(2, "0");
    for (let round = 0; round < 60; round += 1) {
      const [from, to] = [random(1440), random(1440)];
      if (from === to) continue;
      const clock = (minutes: number) => `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
      const set = hours([[["sun", "mon", "wed", "fri", "sat"].slice(0, 1 + random(5)).join(","), clock(from), clock(to)]], {
        timezone: zones[round % zones.length],
      });
      const start = new Date(Date.UTC(2026, random(12), 1 + random(28), random(24), random(60)));
      const told = nextOpening(set, start);
      if (told === null) throw new Error("these hours open every week");
      expect(isOpen(set, told)).toBe(true);
      if (told > start)
        for (let minute = 1; minute <= 60; minute += 7)
          expect(isOpen(set, new Date(Math.max(start.getTime(), told.getTime() - minute * 60_000)))).toBe(false);
    }
  });
});

describe("what is said outside of them", () => {
  it("names the time at which people are back, in the channel's language and place", () => {
    const friday = new Date("2026-07-10T16:00:00Z");
    expect(outOfHoursText(office, friday)).toContain("Monday, July 13 at 09:00 AM GMT+2");
    const german = hours([["mon", "09:00", "17:00"]], { locale: "de-AT", outOfHoursText: "Wir sind ab {opens} wieder da." });
    expect(outOfHoursText(german, friday)).toBe("Wir sind ab Montag, 13. Juli um 09:00 MESZ wieder da.");
    expect(outOfHoursText(hours([], { outOfHoursText: "Closed $& until {opens}" }), friday)).toBe("Closed $& until —");
  });

  it("need not be said again before they have been back", () => {
    const told = new Date("2026-07-10T16:00:00Z");
    expect(stillClosedSince(office, told, new Date("2026-07-12T23:00:00Z"))).toBe(true);
    expect(stillClosedSince(office, told, new Date("2026-07-13T16:00:00Z"))).toBe(false);
    expect(stillClosedSince(office, new Date("2026-07-10T12:00:00Z"), told)).toBe(false); // Told while somebody was there: that was something else.
  });
});

describe("hours as they are written", () => {
  it.each([
    ["a time zone that there is not", { timezone: "Europe/Atlantis" }],
    ["an offset for a time zone", { timezone: "+02:00" }],
    ["a day that there is not", { weekly: [{ day: "monday", from: "09:00", to: "17:00" }] }],
    ["a time that there is not", { weekly: [{ day: "mon", from: "09:60", to: "17:00" }] }],
    ["a beginning at 24:00", { weekly: [{ day: "mon", from: "24:00", to: "17:00" }] }],
    ["a span of no length", { weekly: [{ day: "mon", from: "09:00", to: "09:00" }] }],
    ["a holiday that there is not", { holidays: ["2026-02-29"] }],
    ["a mode that there is not", { mode: "never" }],
    ["an unknown setting", { colour: "red" }],
    ["a locale that is none", { locale: "deutsch!" }],
  ])("are refused with %s", (_what, change) => {
    const right = { timezone: "Europe/Vienna", weekly: [{ day: "mon", from: "09:00", to: "17:00" }], holidays: ["2028-02-29"] };
    expect(businessHoursInput.safeParse(right).success).toBe(true);
    expect(businessHoursInput.safeParse({ ...right, ...change }).success).toBe(false);
  });
});
