import { describe, expect, it } from "vitest";
import { formatPosition, parsePosition, parseSeq } from "./position.ts";

const replyId = "01890a5d-ac96-774b-bcce-b302099a8057";

describe("the id a subscriber hands back", () => {
  it("is read as it was written", () => {
    for (const id of ["0", "7", `7.${replyId}.0`, `9007199254740991.${replyId}.999999`]) {
      const position = parsePosition(id);
      expect(position && formatPosition(position)).toBe(id);
    }
    expect(parsePosition(`7.${replyId}.3`)).toEqual({ seq: 7, reply: { id: replyId, index: 3 } });
  });

  it("is refused when it is anything else", () => {
    const wrong = ["", "-1", "07", "1e3", " 7", "7 ", "7\n", "7.", `7.${replyId}`, `7.${replyId}.`, `7.${replyId}.01`, `7.${replyId}.-1`];
    wrong.push("7.not-a-reply.3", `7.${replyId.toUpperCase()}.3`, "9007199254740992", `7.${replyId}.1000000`, "٧", "7".repeat(5_000));
    for (const id of wrong) expect([id, parsePosition(id)]).toEqual([id, null]);
  });

  it("of a workspace stream is a number and nothing more", () => {
    expect([parseSeq("0"), parseSeq("12")]).toEqual([0, 12]);
    for (const id of ["", "-1", "1.5", "0x1", "9007199254740992", `7.${replyId}.3`]) expect(parseSeq(id)).toBeNull();
  });
});
