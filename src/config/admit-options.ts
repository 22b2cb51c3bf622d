import { z } from "zod";
import type { AdmissionLists, ClaimEntry } from "../core/admission.ts";
import type { ClientIdentity } from "../core/client.ts";
import {
  ADDRESS_ENTRY,
  type AddressEntry,
  DOMAIN_ENTRY,
  type DomainEntry,
  readAddressEntry,
  readDomainEntry,
} from "../core/email-address.ts";
import { readGlob } from "../core/glob.ts";
import type { Person } from "../core/person.ts";
import { aFunction, text } from "./basic-schemas.ts";
import { declared, declaredOptions } from "./declared.ts";
import { text as asText, items, type ReadVariable } from "./variables.ts";

/** What a sign-in has proved, for a function that decides who may come in. */
export type ProvedSignIn = {
  /** The name of the method: `google`. */
  readonly method: string;
  /** The addresses that the provider has verified. `person.email` may be one that it has not. */
  readonly emails: readonly string[];
  readonly groups: readonly string[];
  /** What the provider said, word for word. */
  readonly claims: Readonly<Record<string, unknown>>;
  /**
   * Whether the provider granted fewer scopes than were asked for. A person can leave one out, and what is missing above may
   * be what you would refuse.
   */
  readonly isNarrowed: boolean;
};

/**
 * Whether a person may come in. Where it throws, or gives no answer in five seconds, the person is asked to try again.
 * @param client the app that wants to connect; undefined at the account page
 */
export type CheckAdmission = (
  person: Person,
  client: ClientIdentity | undefined,
  signIn: ProvedSignIn,
) => boolean | Promise<boolean>;

const EMPTY = "left out or have an entry: an empty list lets no one in";
const EMPTY_DENY = "left out or have an entry: an empty list keeps no one out";
const TEXT = "text that is not empty";
const CLAIMS =
  'claims by name, each with a value or a list of them, such as { department: ["sales", "eng-*"] }; in a variable, "department=sales, department=eng-*"';
const CLAIM_VALUE = 'text, in which "*" is any run of characters, true, false, or a whole number below 2^53';

function entry<Entry>(must: string, read: (text: string) => { entry: Entry } | { problem: string }) {
  return z.string(must).transform((given, context) => {
    const result = read(given);
    if ("entry" in result) return result.entry;
    context.addIssue({ code: "custom", message: result.problem });
    return z.NEVER;
  });
}

const address = entry<AddressEntry>(ADDRESS_ENTRY, readAddressEntry);
const domain = entry<DomainEntry>(DOMAIN_ENTRY, readDomainEntry);
const glob = text(TEXT).transform(readGlob);
const claimValue = z
  .union([z.string().min(1), z.boolean(), z.int()], CLAIM_VALUE)
  .transform((value) => readGlob(String(value)));
const claimValues = z.union([claimValue.transform((one) => [one]), z.array(claimValue)], CLAIM_VALUE);
const claimTable = z
  .record(text("the name of a claim"), claimValues, CLAIMS)
  .transform((table): readonly ClaimEntry[] =>
    Object.entries(table).map(([name, values]) => ({ name, values })),
  );

const emailList = z.array(address, 'a list of addresses, such as ["*@example.com"]');
/** Domains of addresses, or all below one. */
export const domainList = z.array(domain, 'a list of domains, such as ["example.com"]');
const groupList = z.array(glob, 'a list of groups, such as ["staff"]');

/** `department=sales, department=eng-*` as claims by name. What is not of this form stays text, which the schema refuses. */
const claimsText: ReadVariable = (given) => {
  const pairs = items(given).map((one) => one.split(/=(.*)/s, 2).map((part) => part.trim()));
  if (pairs.some(([name, value]) => !name || !value)) return given;
  const values = Map.groupBy(pairs, ([name = ""]) => name);
  return Object.fromEntries([...values].map(([name, of]) => [name, of.map(([, value]) => value)]));
};

const hasValues = (entries: readonly ClaimEntry[]) =>
  entries.length > 0 && entries.every(({ values }) => values.length > 0);

/** Who may not come in, whatever else holds. */
const deny = z.strictObject(
  {
    emails: emailList
      .min(1, EMPTY_DENY)
      .optional()
      .register(declared, {
        says: "Addresses that keep a person out.",
        variables: { SIGN_IN_DENY_EMAILS: items },
      }),
    domains: domainList
      .min(1, EMPTY_DENY)
      .optional()
      .register(declared, {
        says: "Domains of addresses that keep a person out.",
        variables: { SIGN_IN_DENY_DOMAINS: items },
      }),
    groups: groupList
      .min(1, EMPTY_DENY)
      .optional()
      .register(declared, {
        says: "Groups that keep a person out.",
        variables: { SIGN_IN_DENY_GROUPS: items },
      }),
    claims: claimTable
      .refine(hasValues, EMPTY_DENY)
      .optional()
      .register(declared, {
        says: "Claims that keep a person out.",
        variables: { SIGN_IN_DENY_CLAIMS: claimsText },
      }),
  },
  'lists, such as { emails: ["eve@example.com"] }',
);

const CONTACT = "text of up to 200 characters, an address, or an https URL";
const contact = text(CONTACT)
  .max(200, CONTACT)
  // It becomes a link, and these are no links for a person who was refused.
  .refine(
    (given) => !/^[a-z][a-z0-9+.-]*:\S/i.test(given) || URL.parse(given)?.protocol === "https:",
    CONTACT,
  );

/** Text comes from the variable. */
const anyone = z
  .union([z.boolean(), z.literal("anyone").transform(() => true)], {
    error: ({ input }) =>
      typeof input === "string"
        ? '"anyone", or in code true; addresses go into emails (SIGN_IN_ADMIT_EMAILS)'
        : "true or false",
  })
  .optional();

/** The members of `admit`. */
export const admitSchema = z
  .strictObject(
    {
      emails: emailList
        .min(1, EMPTY)
        .optional()
        .register(declared, {
          says: "Verified addresses: `ada@example.com`, `*@example.com`, `*@*.example.com`.",
          variables: { SIGN_IN_ADMIT_EMAILS: items },
        }),
      domains: domainList
        .min(1, EMPTY)
        .optional()
        .register(declared, {
          says: "Domains of verified addresses: `example.com` without what is below it, `*.example.com` for that.",
          variables: { SIGN_IN_ADMIT_DOMAINS: items },
        }),
      groups: groupList
        .min(1, EMPTY)
        .optional()
        .register(declared, {
          says: "Groups, as the provider names them: `staff`, `team-*`.",
          variables: { SIGN_IN_ADMIT_GROUPS: items },
        }),
      claims: claimTable
        .refine(hasValues, EMPTY)
        .optional()
        .register(declared, {
          says: 'Claims of the provider by name or path, each with a value or a list of them: `{ department: ["sales", "eng-*"] }`.',
          more: "In the variable: `department=sales, department=eng-*`.",
          variables: { SIGN_IN_ADMIT_CLAIMS: claimsText },
        }),
      anyone: anyone.register(declared, {
        says: 'Let anyone in who can sign in; `admit: "anyone"` is short for it. In the variable: `anyone`.',
        variables: { SIGN_IN_ADMIT: asText },
        otherwise: "`false`",
      }),
      deny: deny.optional().register(declared, {
        says: "Who may not come in: `{ emails?, domains?, groups?, claims? }`.",
        more: "It wins over everything else, and applies to people that you added yourself too.",
      }),
      check: aFunction<CheckAdmission>().optional().register(declared, {
        says: "Your own function, asked after the lists: `(person, client, signIn) => boolean`.",
        more: "`admit: check` is short for it. It applies to everyone. No answer within five seconds, or an error, is 503 for the person.",
      }),
      contact: contact.optional().register(declared, {
        says: "Whom a person asks who may not come in: text, an address, or an https URL.",
        variables: { SIGN_IN_ADMIT_CONTACT: asText },
        otherwise: "“the operator of this server”",
      }),
    },
    '"anyone", a function, or lists such as { emails: ["*@example.com"] }',
  )
  .refine(
    ({ anyone: open, emails, domains, groups, claims }) => !open || !(emails ?? domains ?? groups ?? claims),
    {
      path: ["anyone"],
      error: "left out beside lists of who may come in, which would do nothing",
    },
  );

/** Each member of `admit`, with what is declared of it. */
export const admitMembers = declaredOptions(admitSchema.shape);

/** Short forms are made into what they are short for. */
export const admitTable = {
  admit: z
    .preprocess((given) => {
      if (given === "anyone") return { anyone: true };
      return typeof given === "function" ? { check: given } : given;
    }, admitSchema)
    .optional()
    .register(declared, {
      says: "Who may come in.",
      otherwise: "for methods that anyone can sign in with, required",
    }),
};

/** What was said about who may come in, parsed. */
export type ParsedAdmit = z.output<typeof admitSchema>;
/** The lists that let in or keep out. */
export type ParsedLists = Partial<Pick<ParsedAdmit, keyof AdmissionLists>>;

type Given = z.input<typeof admitSchema>;

// The members of these two are written as those of `OAuthServerOptions` are.

/** Who may come in. */
export type AdmitOptions = {
  /** Verified addresses: `ada@example.com`, `*@example.com`, `*@*.example.com`. Default: none. */
  emails?: Given["emails"];
  /** Domains of verified addresses: `example.com` without what is below it, `*.example.com` for that. Default: none. */
  domains?: Given["domains"];
  /** Groups, as the provider names them: `staff`, `team-*`. Default: none. */
  groups?: Given["groups"];
  /**
   * Claims of the provider by name or path, each with a value or a list of them: `{ department: ["sales", "eng-*"] }`.
   * Default: none.
   */
  claims?: Given["claims"];
  /** Let anyone in who can sign in; `admit: "anyone"` is short for it. In the variable: `anyone`. Default: `false`. */
  anyone?: Given["anyone"];
  /** Who may not come in: `{ emails?, domains?, groups?, claims? }`. Default: none. */
  deny?: DenyOptions | undefined;
  /** Your own function, asked after the lists: `(person, client, signIn) => boolean`. Default: none. */
  check?: Given["check"];
  /**
   * Whom a person asks who may not come in: text, an address, or an https URL. Default: “the operator of this server”.
   */
  contact?: Given["contact"];
};

/** Who may not come in. */
export type DenyOptions = {
  /** Addresses that keep a person out. Default: none. */
  emails?: NonNullable<Given["deny"]>["emails"];
  /** Domains of addresses that keep a person out. Default: none. */
  domains?: NonNullable<Given["deny"]>["domains"];
  /** Groups that keep a person out. Default: none. */
  groups?: NonNullable<Given["deny"]>["groups"];
  /** Claims that keep a person out. Default: none. */
  claims?: NonNullable<Given["deny"]>["claims"];
};
