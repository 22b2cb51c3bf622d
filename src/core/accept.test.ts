import { describe, expect, it } from "vitest";
import { prefersPage, qualities } from "./accept.ts";

const BROWSER =
  "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7";

describe("Accept (RFC 9110 §12.5.1)", () => {
  it.each([
    [null, 1],
    ["", 1],
    ["*/*", 1],
    ["application/*", 1],
    ["application/json", 1],
    ["Application/JSON; charset=utf-8", 1],
    ["text/event-stream, application/json;q=0.5", 0.5],
    ["application/json ; q=0, */*", 0],
    ["application/json;q=what", 1],
    ["text/event-stream", 0],
    ["text/html", 0],
    [BROWSER, 0.8],
  ])("%s wants application/json: %d", (accept, quality) => {
    expect(qualities(accept)("application/json")).toBe(quality);
  });

  it.each([
    [BROWSER, true],
    ["text/html", true],
    ["text/html, application/json", false],
    ["*/*", false],
    ["application/json, text/event-stream", false],
    [null, false],
  ])("%s would rather have a page: %s", (accept, page) => {
    expect(prefersPage(accept)).toBe(page);
  });
});
