import fc from "fast-check";

/** Addresses that clients register. */
export const registeredRedirect = fc.constantFrom(
  "https://a.example/cb",
  "http://127.0.0.1/cb",
  "http://localhost:8787/cb?x=1",
  "http://[::1]/",
  "cursor://anysphere.cursor-mcp/cb",
);
/** Near misses: one with something put in, taken out, or put in place of a character. */
export const nearRedirect = fc
  .record({
    uri: registeredRedirect,
    at: fc.nat(60),
    cut: fc.nat(3),
    put: fc.oneof(
      fc.string({ unit: "binary", maxLength: 4 }),
      fc.constantFrom(
        "@evil.com",
        "\\",
        "%00",
        "\t",
        "#",
        ":80",
        ".evil.com",
        "//",
        "/../",
        ":0",
        "?",
        "&",
        "%2e",
      ),
    ),
  })
  .map(({ uri, at, cut, put }) => uri.slice(0, at) + put + uri.slice(at + cut));
