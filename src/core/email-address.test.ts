import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  type AddressEntry,
  likelyMailbox,
  matchesAddress,
  readAddress,
  readAddressEntry,
  readDomainEntry,
  readMailbox,
  resemblesAddress,
} from "./email-address.ts";

function entryOf(text: string): AddressEntry {
  const read = readAddressEntry(text);
  if ("problem" in read) throw new Error(`${text}: ${read.problem}`);
  return read.entry;
}

const isAllowed = (entry: string, text: string) => {
  const address = readAddress(text);
  return address !== undefined && matchesAddress(entryOf(entry), address);
};
const isDenied = (entry: string, text: string) => {
  const address = readAddress(text);
  return address !== undefined && resemblesAddress(entryOf(entry), address);
};

describe("an address that an entry lets in", () => {
  test.each([
    ["ada@example.com", "ada@example.com"],
    ["ada@example.com", "Ada@Example.COM"],
    ["ADA@EXAMPLE.com", "ada@example.com"],
    ["*@example.com", "ada@example.com"],
    ["*@example.com", "ada+tag@EXAMPLE.com"],
    ["*@example.com", "o'brien.x!#$%&*/=?^_`{|}~-@example.com"],
    ["team-*@example.com", "team-web@example.com"],
    ["*@*.example.com", "ada@a.example.com"],
    ["*@*.example.com", "ada@a.b.example.com"],
    ["*@bücher.example", "ada@xn--bcher-kva.example"],
    ["*@xn--bcher-kva.example", "ada@BÜCHER.example"],
    ["*@bücher.example", "ada@bu\u0308cher.example"],
    ["*@bücher.example", "ada@bücher。example"],
    ["zoë@example.com", "zoë@example.com"],
    ["*@localhost", "root@localhost"],
  ])("%s: %s", (entry, address) => {
    expect(isAllowed(entry, address)).toBe(true);
    expect(isDenied(entry, address)).toBe(true);
  });
});

describe("an address that no entry lets in, though it looks like one", () => {
  test.each([
    ["more behind it", "*@example.com", "ada@example.com.evil"],
    ["a subdomain", "*@example.com", "ada@sub.example.com"],
    ["a domain that ends alike", "*@example.com", "ada@evilexample.com"],
    ["the domain itself, for what is below it", "*@*.example.com", "ada@example.com"],
    ["a domain that ends like what is below it", "*@*.example.com", "ada@evilexample.com"],
    ["an empty label", "*@*.example.com", "ada@.example.com"],
    ["a top-level domain alone", "*@example.com", "ada@com"],
    ["two @", "*@example.com", "ada@evil.example@example.com"],
    ["two @, the other way round", "*@example.com", "ada@example.com@evil.example"],
    ["a quoted local part", "*@example.com", '"a@evil.example"@example.com'],
    ["a quoted local part without @", "*@example.com", '"ada"@example.com'],
    ["a quoted space", "*@example.com", '"a b"@example.com'],
    ["a comment", "*@example.com", "ada(evil)@example.com"],
    ["a comment in the domain", "*@example.com", "ada@(evil.example)example.com"],
    ["a name before it", "*@example.com", "Ada <ada@evil.example>,x@example.com"],
    ["two addresses", "*@example.com", "eve@evil.example,ada@example.com"],
    ["a route", "*@example.com", "@evil.example:ada@example.com"],
    ["a trailing dot", "*@example.com", "ada@example.com."],
    ["a dot in front", "*@example.com", "ada@.example.com"],
    ["two dots", "*@example.com", "ada@example..com"],
    ["a space in front", "*@example.com", " ada@example.com"],
    ["a space behind", "*@example.com", "ada@example.com "],
    ["a line break", "*@example.com", "ada@example.com\n"],
    ["a line break and another address", "*@example.com", "eve@evil.example\nada@example.com"],
    ["a null character", "*@example.com", "ada@example.com\0.evil.example"],
    ["nothing before the @", "*@example.com", "@example.com"],
    ["nothing behind the @", "*@example.com", "ada@"],
    ["nothing at all", "*@example.com", ""],
    ["no @", "*@example.com", "example.com"],
    ["a port", "*@example.com", "ada@example.com:25"],
    ["a path", "*@example.com", "ada@example.com/x"],
    ["a fragment", "*@example.com", "ada@example.com#.evil.example"],
    ["a backslash", "*@example.com", "ada@example.com\\.evil.example"],
    ["percent signs", "*@example.com", "ada@ex%61mple.com"],
    ["a path behind an international domain", "*@bücher.example", "ada@bücher.example/x"],
    ["a port behind one", "*@bücher.example", "ada@bücher.example:25"],
    ["a question mark behind one", "*@bücher.example", "ada@bücher.example?.evil.example"],
    ["a user before one", "*@bücher.example", "ada@evil.example:x@bücher.example"],
    ["a line break in one", "*@bücher.example", "ada@bü\ncher.example"],
    ["a tab behind one", "*@bücher.example", "ada@bücher.example\t"],
    ["a space behind one", "*@bücher.example", "ada@bücher.example "],
    ["a space of another kind in one", "*@bücher.example", "ada@bücher\u00a0.example"],
    ["a line separator behind one", "*@bücher.example", "ada@bücher.example\u2028"],
    ["a wide slash behind one", "*@bücher.example", "ada@bücher.example\uff0fx"],
    ["a letter that is drawn with a slash", "*@bücher.example", "ada@bücher.example\u2100.evil.example"],
    ["a percent-encoded one", "*@bücher.example", "ada@b%C3%BCcher.example"],
    ["a literal address", "*@example.com", "ada@[127.0.0.1]"],
    ["a Cyrillic letter in the domain", "*@example.com", "ada@ex\u0430mple.com"],
    ["a Greek letter in the domain", "*@example.com", "ada@\u03b5xample.com"],
    ["a dotless i in the domain", "*@mail.example", "ada@ma\u0131l.example"],
    ["letters of another width in the domain", "*@example.com", "ada@\uff45xample.com"],
    ["a Kelvin sign in the domain", "*@kernel.example", "ada@\u212aernel.example"],
    ["a soft hyphen in the domain", "*@example.com", "ada@exam\u00adple.com"],
    ["a joiner in the domain", "*@example.com", "ada@exam\u200dple.com"],
    ["ASCII in punycode", "*@example.com", "ada@xn--example-.com"],
    ["a Cyrillic letter before the @", "ada@example.com", "\u0430da@example.com"],
    ["a Kelvin sign before the @", "mark@example.com", "mar\u212a@example.com"],
    ["letters of another width before the @", "ada@example.com", "\uff41da@example.com"],
    ["a long s before the @", "boss@example.com", "bo\u017fs@example.com"],
    ["an invisible character before the @", "ada@example.com", "a\u200bda@example.com"],
    ["the same letter in another form", "zo\u00eb@example.com", "zoe\u0308@example.com"],
    ["a tag", "ada@example.com", "ada+x@example.com"],
    ["half a letter", "*@example.com", "a\ud800@example.com"],
    ["too long", "*@example.com", `${"a".repeat(400)}@example.com`],
  ])("%s", (_what, entry, address) => {
    expect(isAllowed(entry, address)).toBe(false);
  });
});

describe("an entry that keeps out", () => {
  test.each([
    ["mark@example.com", "mar\u212a@example.com"],
    ["ada@example.com", "\uff41da@example.com"],
    ["zo\u00eb@example.com", "zoe\u0308@example.com"],
    ["ZO\u00cb@example.com", "zo\u00eb@example.com"],
    ["e*@example.com", "e\u0301x@example.com"],
  ])("counts what looks like it: %s, %s", (entry, address) => {
    expect(isDenied(entry, address)).toBe(true);
  });

  test.each([
    ["ada@example.com", "adam@example.com"],
    ["ada@example.com", "ada@example.org"],
    ["*@example.com", "ada@sub.example.com"],
  ])("and nothing else: %s, %s", (entry, address) => {
    expect(isDenied(entry, address)).toBe(false);
  });
});

describe("an entry that cannot be used", () => {
  test.each([
    "",
    " ",
    "*",
    "**",
    "example.com",
    "@example.com",
    "*@",
    "*@*",
    "*@*.com",
    "*@*example.com",
    "*@ex*mple.com",
    "*@example.*",
    "*@a.*.example.com",
    "*@example.com.",
    "*@example.com ",
    " *@example.com",
    "*@example.com,*@example.org",
    "ada@evil@example.com",
    '"ada"@example.com',
    "Ada <ada@example.com>",
    "*@https://example.com",
    "*@127.0.0.1",
    "*@\uff45xample.com",
    `${"a".repeat(400)}@example.com`,
  ])("%j: an address", (text) => {
    expect(readAddressEntry(text)).toEqual({ problem: expect.stringMatching(/^an address, such as/) });
  });

  test.each([
    "",
    " ",
    "*",
    "*.",
    "*.com",
    "@example.com",
    "*@example.com",
    "https://example.com",
    "example.com/",
    "example.com.",
    ".example.com",
    "example..com",
    "*example.com",
    "a.*.example.com",
    "**.example.com",
    "exam_ple.com",
    "-example.com",
    "example-.com",
    "127.0.0.1",
    "0x7f.1",
    "1.2.3",
    "[::1]",
    `${"a".repeat(64)}.com`,
    `${"a.".repeat(130)}com`,
  ])("%j: a domain", (text) => {
    expect(readDomainEntry(text)).toEqual({ problem: expect.stringMatching(/^a domain, such as/) });
  });

  it("says what stands for anyone", () => {
    expect(readAddressEntry("*")).toEqual({ problem: expect.stringMatching(/write admit: "anyone"$/) });
  });
});

const anything = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string(),
  // Mostly right, with one odd thing in it.
  fc
    .tuple(
      fc.constantFrom("", "ada", "*", '"', "a b", "\u212a", "a@b", "\uff41"),
      fc.constantFrom("@", "@@", "\uff20", "@\u00ad", "@ "),
      fc.constantFrom("example.com", "EXAMPLE.com", "example\u3002com", "\uff45xample.com", "a.example.com"),
      fc.string({ unit: "binary", maxLength: 3 }),
    )
    .map((parts) => parts.join("")),
);

describe("whatever a provider says is an address", () => {
  it("is read without an error, and is one local part at one name of the DNS", () => {
    fc.assert(
      fc.property(anything, (text) => {
        const address = readAddress(text);
        if (address === undefined) return;
        expect(text.split("@")).toHaveLength(2);
        expect(address.local).toMatch(/^[^\s"@]+$/);
        expect(address.domain).toMatch(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/);
        // What a browser would connect to, behind the last @.
        expect(URL.parse(`https://${text.slice(text.lastIndexOf("@") + 1)}`)?.hostname).toBe(address.domain);
      }),
      { numRuns: 2000 },
    );
  });

  it("matches an entry without a star only where nothing but the case of ASCII letters differs", () => {
    fc.assert(
      fc.property(anything, (text) => {
        if (!isAllowed("mark@example.com", text)) return;
        expect(text).toMatch(/^[Mm][Aa][Rr][Kk]@[Ee][Xx][Aa][Mm][Pp][Ll][Ee]\.[Cc][Oo][Mm]$/);
      }),
      { numRuns: 2000 },
    );
  });

  it("is kept out by every entry that would let it in", () => {
    const local = fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(local, local, (one, other) => {
        const entry = readAddressEntry(`${one}@example.com`);
        const address = readAddress(`${other}@example.com`);
        if ("problem" in entry || address === undefined) return;
        if (matchesAddress(entry.entry, address)) expect(resemblesAddress(entry.entry, address)).toBe(true);
      }),
    );
  });
});

describe("a mailbox", () => {
  it.each([
    ["ada@example.com", "ada@example.com"],
    [" ADA@Example.COM\t", "ada@example.com"],
    ["ada@B\u00fccher.example", "ada@xn--bcher-kva.example"],
    ["o'neil+news.x_y@sub.example.com", "o'neil+news.x_y@sub.example.com"],
    [`${"a".repeat(64)}@example.com`, `${"a".repeat(64)}@example.com`],
  ])("%j is %j", (text, mailbox) => {
    expect(readMailbox(text)).toBe(mailbox);
    // Reading it again changes nothing: it tells people apart.
    expect(readMailbox(mailbox)).toBe(mailbox);
  });

  it.each([
    `${"a".repeat(65)}@example.com`,
    `ada@${"a.".repeat(130)}example`,
    "ada@localhost",
    "\u0430da@example.com",
    "\u212aate@example.com",
    "\nada@example.com",
    "ada@example.com\n",
    "a b@example.com",
    "ada.@example.com",
  ])("is not %j", (text) => {
    expect(readMailbox(text)).toBeUndefined();
  });

  it("is one plain mailbox, whatever is typed", () => {
    fc.assert(
      fc.property(anything, (text) => {
        const mailbox = readMailbox(text);
        if (mailbox !== undefined) expect(mailbox).toMatch(/^[!-?A-~]+@[a-z0-9-]+(\.[a-z0-9-]+)+$/);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ["ada@example.com", "ada@example.com"],
    ["a.da+news@example.com", "ada@example.com"],
    ["+x@example.com", "+x@example.com"],
  ])("%j is counted as %j", (mailbox, counted) => {
    expect(likelyMailbox(mailbox)).toBe(counted);
  });
});
