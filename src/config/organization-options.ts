import { z } from "zod";
import type { Person } from "../core/person.ts";
import { aFunction, seconds, shownText, yesOrNo } from "./basic-schemas.ts";
import { declared, declaredOptions } from "./declared.ts";

/** One organization, as your function says it. Names, descriptions and pictures that can't be shown are cut or left out. */
export type OrganizationAnswer = {
  /** Stable and unique: text of up to 255 characters or a safe integer, which becomes text. */
  readonly id: string | number;
  readonly name: string;
  readonly description?: string | null | undefined;
  /** An `https:` URL, or a `data:` URL of up to 16 KiB. */
  readonly picture?: string | null | undefined;
};

/**
 * Says what a person belongs to and may let this client act in: 200 organizations at most, the first one first. Where it
 * throws, or gives no usable answer in time, the request is answered 503 and nothing changes.
 * @param client the app that wants to connect, or that asks for its tokens
 */
export type OrganizationsOf = (
  person: Person,
  client: { readonly id: string; readonly name: string | null },
) => readonly OrganizationAnswer[] | Promise<readonly OrganizationAnswer[]>;

const CALLED = "a name of up to 40 characters, such as “Workspace”";

/** The members of `organizations`. */
export const organizationsSchema = z.strictObject(
  {
    of: aFunction<OrganizationsOf>().register(declared, {
      says: "Your own function that says what a person belongs to: `(person, client) => [{ id, name, description?, picture? }]`.",
    }),
    called: shownText(CALLED).max(40, CALLED).default("Organization").register(declared, {
      says: "What pages call one of them, such as “Workspace” or “Team”.",
    }),
    required: yesOrNo.default(false).register(declared, {
      says: "Whether a person who belongs to none can't connect an app.",
      more: "A grant without an organization ends at its next refresh then.",
    }),
    timeoutSeconds: seconds(1, 60).default(5).register(declared, {
      says: "How long your function may take.",
    }),
  },
  "a function, or { of, called?, required?, timeoutSeconds? }",
);

/** Each member of `organizations`, with what is declared of it. */
export const organizationsMembers = declaredOptions(organizationsSchema.shape);

export type OrganizationSettings = Readonly<z.output<typeof organizationsSchema>>;

/** What people belong to. */
export const organizationOptions = {
  organizations: z
    .preprocess((given) => (typeof given === "function" ? { of: given } : given), organizationsSchema)
    .optional()
    .register(declared, {
      says: "What people belong to, such as companies or workspaces: your function `(person, client) => [{ id, name }]`, or `{ of, called?, required?, timeoutSeconds? }`.",
      more: "The person chooses one on the consent page. It is part of the grant: `context.organization` for tools, `org_id` in tokens and introspection. The function is asked on the page, again at the click, when the code is exchanged, and at each refresh: an answer without the grant's organization ends the grant. See [organizations](organizations.md).",
    }),
};

type Given = z.input<typeof organizationsSchema>;

/** What people belong to: your function, or that and more. */
export type OrganizationsOptions = OrganizationsOf | OrganizationsObject;

// The members are written as those of `OAuthServerOptions` are.

/** What people belong to. */
export type OrganizationsObject = {
  /**
   * Your own function that says what a person belongs to: `(person, client) => [{ id, name, description?, picture? }]`.
   */
  of: Given["of"];
  /** What pages call one of them, such as “Workspace” or “Team”. Default: `Organization`. */
  called?: Given["called"];
  /** Whether a person who belongs to none can't connect an app. Default: `false`. */
  required?: Given["required"];
  /** How long your function may take. Default: `5`. */
  timeoutSeconds?: Given["timeoutSeconds"];
};
