import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { errorPage } from "./error.ts";
import { createLook, type LookChoices } from "./look.ts";
import { english } from "./texts/en.ts";

const pageIn = (choices: Omit<LookChoices, "name">) => {
  const look = createLook({ name: "my-app", ...choices });
  const page = errorPage({
    look,
    title: "A title",
    whatHappened: "A sentence.",
    whatToDo: "Another one.",
    correlationId: "id-1",
  });
  return { look, page };
};

/** What a policy's directive lists. */
const sourcesOf = (policy: string, directive: string) =>
  policy
    .split("; ")
    .find((one) => one.startsWith(`${directive} `))
    ?.split(" ")
    .slice(1);

describe("a look of an operator's", () => {
  it("styles every page by one sheet, which the policy lets in by its hash", () => {
    const { look, page } = pageIn({
      colors: { accent: "#0b6b50", sheet: "#fffdf8" },
      variables: { "--font": "Georgia, serif" },
    });
    const [sheet = ""] = [...page.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(([, css = ""]) => css);
    const hash = createHash("sha256").update(sheet).digest("base64");
    expect(sourcesOf(look.styles, "style-src")).toEqual([`'sha256-${hash}'`]);
    expect(sheet).toContain("--sheet: #fffdf8;");
    expect(sheet).toContain("--font: Georgia, serif;");
    expect(look.styles).not.toContain("img-src");
    expect(page).not.toContain("<img");
  });

  it("shows a logo beside the name, and opens the policy for no other picture", () => {
    const { look, page } = pageIn({ logo: "https://cdn.example/logo.png?size=2&x=1" });
    expect(page).toContain(
      '<header><img class="logo" src="https://cdn.example/logo.png?size=2&amp;x=1" alt="">',
    );
    expect(sourcesOf(look.styles, "img-src")).toEqual(["https://cdn.example/logo.png"]);
  });

  it("shows another logo where the system is dark", () => {
    const { look, page } = pageIn({
      logo: "data:image/png;base64,AA==",
      darkLogo: "data:image/png;base64,BB==",
    });
    expect(page).toContain(
      '<picture><source srcset="data:image/png;base64,BB==" media="(prefers-color-scheme: dark)">' +
        '<img class="logo" src="data:image/png;base64,AA==" alt=""></picture>',
    );
    expect(sourcesOf(look.styles, "img-src")).toEqual(["data:"]);
  });

  it("ends every page with the footer, as text", () => {
    const { page } = pageIn({
      footer: [{ text: "<b>© Example & Co</b>" }, { text: "Imprint", url: 'https://example.com/?a="b"&c' }],
    });
    expect(page).toContain(
      "</main>\n<footer><span>&lt;b&gt;© Example &amp; Co&lt;/b&gt;</span>" +
        '<a href="https://example.com/?a=&quot;b&quot;&amp;c">Imprint</a></footer>\n</body>',
    );
  });

  it("speaks another language, from right to left where its script does", () => {
    const hebrew = { ...english, tag: "he", isRightToLeft: true };
    const texts = { ...hebrew, common: { ...english.common, whatYouCanDo: "מה אפשר לעשות" } };
    const { page } = pageIn({ texts });
    expect(page).toContain('<html lang="he" dir="rtl">');
    expect(page).toContain("מה אפשר לעשות");
    expect(pageIn({}).page).toContain('<html lang="en">');
  });
});
