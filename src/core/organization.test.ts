import { describe, expect, it, test } from "vitest";
import { readOrganizations } from "./organization.ts";

const PIXEL = "data:image/png;base64,iVBORw0KGgo=";

const read = (answer: unknown) => {
  const result = readOrganizations(answer);
  if ("problem" in result) throw new Error(result.problem);
  return result.organizations;
};
const problem = (answer: unknown) => {
  const result = readOrganizations(answer);
  return "problem" in result ? result.problem : undefined;
};

describe("what the operator's function says", () => {
  it("is read in its order, with what is known of each", () => {
    const acme = { id: "acme", name: "Acme", description: "Rockets", picture: PIXEL };
    expect(read([acme, { id: "x", name: "X" }])).toEqual([acme, { id: "x", name: "X" }]);
    expect(read([])).toEqual([]);
  });

  it("may be rows of a database: numbers become text, null is nothing, and what else they hold is not kept", () => {
    const row = { id: 7, name: " Acme ", description: null, picture: null, plan: "gold", secret: "s" };
    expect(read([row])).toEqual([{ id: "7", name: "Acme" }]);
  });

  test.each<[string, unknown, string]>([
    ["nothing", undefined, "must return a list, and returned undefined"],
    ["null", null, "must return a list, and returned null"],
    ["one of them", { id: "a", name: "A" }, "must return a list, and returned object"],
    ["text", "acme", "must return a list, and returned string"],
    [
      "a list of ids",
      ["acme"],
      "returned a list in which [0] is wrong: an organization must be an object, such as { id, name }",
    ],
    [
      "no id",
      [{ name: "A" }],
      "returned a list in which [0.id] is wrong: the id must be text or a safe integer",
    ],
    [
      "an id that is empty",
      [{ id: " ", name: "A" }],
      "returned a list in which [0.id] is wrong: the id is empty or blank",
    ],
    [
      "an id with what can't be seen",
      [{ id: "a\u200B", name: "A" }],
      "returned a list in which [0.id] is wrong: the id has a character that can't be seen",
    ],
    [
      "a number that JSON rounds",
      [{ id: 2 ** 53, name: "A" }],
      "returned a list in which [0.id] is wrong: the id must be text or a safe integer",
    ],
    ["no name", [{ id: "a" }], "returned a list in which [0.name] is wrong: the name must be text"],
    [
      "one id twice",
      [
        { id: "7", name: "A" },
        { id: 7, name: "B" },
      ],
      'returned two organizations with the id "7"',
    ],
    [
      "a promise of one",
      [Promise.resolve({ id: "a", name: "A" })],
      "returned a list in which [0.id] is wrong: the id must be text or a safe integer",
    ],
  ])("is of no use where it is %s", (_what, answer, expected) => {
    expect(problem(answer)).toBe(expected);
  });

  it("holds 200 at most", () => {
    const many = Array.from({ length: 201 }, (_, id) => ({ id, name: `Team ${id}` }));
    expect(read(many.slice(1))).toHaveLength(200);
    expect(problem(many)).toBe("returned 201 organizations; the limit is 200");
  });
});

describe("what members wrote keeps no one out", () => {
  it("a name that is empty is the id, and one that is long, or that no database keeps, is cut", () => {
    expect(read([{ id: "a", name: " \n " }])).toEqual([{ id: "a", name: "a" }]);
    expect(read([{ id: "a", name: "x".repeat(5000) }])).toEqual([{ id: "a", name: "x".repeat(200) }]);
    expect(read([{ id: "a", name: "🚀".repeat(300) }])).toEqual([{ id: "a", name: "🚀".repeat(200) }]);
    expect(read([{ id: "a", name: "A\0\uD800" }])).toEqual([{ id: "a", name: "A\uFFFD" }]);
    const [long] = read([{ id: "a", name: "A", description: "d".repeat(9000) }]);
    expect(long?.description).toHaveLength(500);
  });

  test.each([
    "http://img.example/a.png",
    "javascript:alert(1)",
    "//img.example/a.png",
    "/a.png",
    "https://user:pass@img.example/a.png",
    "https://a;frame-ancestors/a.png",
    "https://a;sandbox/a.png",
    "https://a;report-uri/a.png",
    "https://a,b/a.png",
    "https://'self'/a.png",
    "https://[::1]/a.png",
    "https://*/a.png",
    "data:text/html;base64,PGI+",
    "data:image/png,plain",
    'data:image/png;base64,AAAA"onerror=',
    `data:image/png;base64,${"A".repeat(17_000)}`,
    `https://img.example/${"a".repeat(2100)}`,
  ])("a picture that a page can't show is left out: %s", (picture) => {
    expect(read([{ id: "a", name: "A", picture }])).toEqual([{ id: "a", name: "A" }]);
  });

  test.each([PIXEL, "https://img.example/a.png?v=1", "HTTPS://img.example/a"])("%s is shown", (picture) => {
    expect(read([{ id: "a", name: "A", picture }])).toEqual([{ id: "a", name: "A", picture }]);
  });
});
