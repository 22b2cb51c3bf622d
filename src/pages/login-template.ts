import { ConfigurationError } from "../core/errors.ts";
import type { Html } from "./html.ts";

export type LoginTemplateValues = {
  readonly state: string;
  readonly username: string;
  readonly appName: string;
  readonly errorMessage: string;
  /** The ways to sign in beside username and password. */
  readonly methods: Html;
};

/**
 * Fills in an operator's own login page: exactly `{state}`, `{username}`, `{app_name}` and `{error_message}` are
 * replaced, each escaped for text and for quoted attributes, and `{methods}` by markup; every other brace stays as it is.
 */
export function renderLoginTemplate(template: string, values: LoginTemplateValues): string {
  const byPlaceholder: Readonly<Record<string, string>> = {
    "{state}": escapeHtml(values.state),
    "{username}": escapeHtml(values.username),
    "{app_name}": escapeHtml(values.appName),
    "{error_message}": escapeHtml(values.errorMessage),
    "{methods}": values.methods.toString(),
  };
  // In one pass: a person who types "{state}" as their name must not be handed the state.
  return template.replace(PLACEHOLDER, (placeholder) => byPlaceholder[placeholder] ?? "");
}

/**
 * Finds out at the start what would otherwise be found out by the first person who signs in.
 * @throws ConfigurationError that says what to write instead.
 */
export function checkLoginTemplate(template: string): void {
  const problem = problemOf(template);
  if (problem !== undefined) throw unusable(problem);
}

/**
 * The same, once it is known how people sign in.
 * @throws ConfigurationError that says what to write instead.
 */
export function checkTemplateMethods(
  template: string,
  { hasPassword, hasOthers }: { readonly hasPassword: boolean; readonly hasOthers: boolean },
): void {
  const live = withoutComments(template);
  if (hasOthers && !live.includes("{methods}")) {
    throw unusable("it has no {methods}, where the other ways to sign in are put. Add {methods}.");
  }
  const problem = hasPassword ? formProblemOf(live) : undefined;
  if (problem !== undefined) throw unusable(problem);
}

function unusable(problem: string): ConfigurationError {
  return new ConfigurationError(`The option loginTemplate cannot be used: ${problem}`);
}

const PLACEHOLDER = /\{(?:state|username|app_name|error_message|methods)\}/g;
const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
}

function problemOf(template: string): string | undefined {
  const live = withoutComments(template);
  const isFormless = live.includes("{methods}") && !/<form\b/i.test(live);
  const inForm = isFormless ? undefined : formProblemOf(live);
  return inForm ?? placeProblemOf(live);
}

function withoutComments(template: string): string {
  return template.replace(/<!--[\s\S]*?-->/g, "");
}

/** What its form lacks for a username and a password. */
function formProblemOf(live: string): string | undefined {
  if (!live.includes("{state}")) {
    return 'it has no {state}. Put <input type="hidden" name="state" value="{state}"> into its form.';
  }
  if (!/<form\b[^>]*\smethod\s*=\s*["']?post\b/i.test(live)) {
    return 'it has no form that posts. Write <form method="post" action="/oauth/login">.';
  }
  const missing = ["state", "username", "password"].filter((name) => !hasField(live, name));
  if (missing.length > 0) {
    return `its form has no ${missing.map((name) => `input named ${name}`).join(" or ")}.`;
  }
  return undefined;
}

/** Where a placeholder's value could not be escaped. */
function placeProblemOf(live: string): string | undefined {
  // Escaping covers text and quoted attributes. The state is safe anywhere; what people type is not.
  if (/=\s*["']?\{methods\}/.test(live)) return "{methods} is in an attribute. Put it between tags.";
  if (/=\s*\{(?:username|app_name|error_message)\}/.test(live)) {
    return 'a placeholder is in an attribute without quotes. Write value="{username}".';
  }
  if (
    /<(script|style)\b[^>]*>(?:(?!<\/\1)[\s\S])*?\{(?:state|username|app_name|error_message|methods)\}/i.test(
      live,
    )
  ) {
    return "a placeholder is in <script> or <style>, where its value cannot be escaped. Move it into the page.";
  }
  return undefined;
}

/** Tags and attributes in any case; the field's name as the endpoint reads it. */
function hasField(template: string, name: string): boolean {
  const value = `(?:"${name}"|'${name}'|${name}(?=[\\s/>]))`;
  return new RegExp(`(?i:<(?:input|textarea|select)\\b[^>]*\\sname\\s*=\\s*)${value}`).test(template);
}
