import type { SignInDefinition } from "../../config/sign-in/definition.ts";

/** What is known about signing in at a provider: its options, and what to do in its console. */
export type SignInGuide = {
  readonly definition: SignInDefinition;
  /** Of the page, where a function has several of them: a name for the command and the file, and whose accounts these are. */
  readonly page?: { readonly name: string; readonly title: string };
  /** Options that make a page for no one in particular, as text. */
  readonly examples: Given;
  /** Who may come in, where anyone can have an account there: a list of `admit`, and one entry of it. */
  readonly admit: { readonly list: "emails" | "groups" | "claims"; readonly entry: string };
  /** A package to install beside Gatehouse. */
  readonly install?: string;
  readonly explain: (urls: GuideUrls) => Explanation;
};

/** Options as text. */
export type Given = Readonly<Record<string, string>>;

/** What is registered at the provider. */
export type GuideUrls = {
  readonly redirectUri: string;
  readonly logoutUri: string;
  /** What the server is called at a provider with SAML; its metadata is there. */
  readonly samlEntityId: string;
};

/** What the page of a guide is called. */
export function pageNameOf({ definition, page }: SignInGuide): string {
  return page?.name ?? definition.name;
}

/** Whose accounts a guide is about. */
export function pageTitleOf({ definition, page }: SignInGuide): string {
  return page?.title ?? definition.title;
}

/** In Markdown. */
export type Explanation = {
  /** A sentence or two: whose people these are, and what is special here. */
  readonly about: string;
  /** Where the steps are done. */
  readonly console: string;
  readonly steps: readonly string[];
  /** What else one has to know. */
  readonly notes: readonly string[];
};

/** A value to paste, in a step. */
export function pasted(value: string): string {
  return `\n\n   \`\`\`text\n   ${value}\n   \`\`\``;
}
