import { z } from "zod";
import { keepable, personIdProblem } from "./person-id.ts";

/** What a person belongs to and lets a client act in: a company, a team, a workspace. A grant keeps it as it was approved. */
export type Organization = {
  /** Stable and unique. It is compared at each refresh, and is `org_id` in tokens. */
  readonly id: string;
  /** What people call it. */
  readonly name: string;
  readonly description?: string;
};

/** The same, as the consent page offers it. */
export type OfferedOrganization = Organization & {
  /** An https URL, or the picture itself as a data URL. */
  readonly picture?: string;
};

/** Where the pictures of these are loaded from, as `img-src` of a Content-Security-Policy names it. */
export function pictureSources(organizations: readonly OfferedOrganization[]): readonly string[] {
  const urls = organizations.flatMap(({ picture }) => (picture === undefined ? [] : [new URL(picture)]));
  return [...new Set(urls.map(({ protocol, origin }) => (protocol === "data:" ? protocol : origin)))];
}

/** The most that a person may choose from. */
export const MOST_ORGANIZATIONS = 200;

const LONGEST_NAME = 200;
const LONGEST_DESCRIPTION = 500;
const LONGEST_PICTURE_URL = 2048;
const LONGEST_DATA_URL = 16 * 1024;

/** What the operator's function says, read; or why it is of no use, as the end of a sentence that begins with the function. */
export type ReadOrganizations =
  | { readonly organizations: readonly OfferedOrganization[] }
  | { readonly problem: string };

/**
 * Reads what the operator's function says. Ids are the operator's, and a wrong one is a mistake. Names and pictures are often what some
 * member wrote: one that cannot be shown must not keep the other members out, so it is cut or left out.
 */
export function readOrganizations(answer: unknown): ReadOrganizations {
  if (!Array.isArray(answer)) {
    return { problem: `must return a list, and returned ${answer === null ? "null" : typeof answer}` };
  }
  if (answer.length > MOST_ORGANIZATIONS) {
    return { problem: `returned ${answer.length} organizations; the limit is ${MOST_ORGANIZATIONS}` };
  }
  const read = z.array(organization).safeParse(answer);
  if (!read.success) {
    const [issue] = read.error.issues;
    return { problem: `returned a list in which [${issue?.path.join(".")}] is wrong: ${issue?.message}` };
  }
  const ids = read.data.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined)
    return { problem: `returned two organizations with the id ${JSON.stringify(twice)}` };
  return { organizations: read.data };
}

const ID = "the id must be text or a safe integer";
const id = z
  .union([z.string(), z.int(ID)], ID)
  .transform(String)
  .superRefine((given, context) => {
    const problem = personIdProblem(given);
    if (problem !== undefined) context.addIssue({ code: "custom", message: `the id ${problem}` });
  });

const organization = z
  .object(
    {
      id,
      name: z.string("the name must be text"),
      description: z.string("the description must be text").nullish(),
      picture: z.string("the picture must be text").nullish(),
    },
    "an organization must be an object, such as { id, name }",
  )
  .transform(({ id, name, description, picture }): OfferedOrganization => {
    const shownDescription = clipped(description ?? "", LONGEST_DESCRIPTION);
    return {
      id,
      name: clipped(name, LONGEST_NAME) || id,
      ...(shownDescription !== "" && { description: shownDescription }),
      ...(typeof picture === "string" && isShowable(picture) && { picture }),
    };
  });

/** Whole characters, and only such as every database gives back. */
function clipped(text: string, most: number): string {
  return [...keepable(text.trim().slice(0, 2 * most))].slice(0, most).join("").trimEnd();
}

function isShowable(picture: string): boolean {
  if (picture.length <= LONGEST_DATA_URL && DATA_URL.test(picture)) return true;
  const url = picture.length <= LONGEST_PICTURE_URL ? URL.parse(picture) : null;
  return url?.protocol === "https:" && url.username === "" && url.password === "" && HOST.test(url.hostname);
}

/** One that a policy can name (CSP Level 3 §2.3.1). A URL's host may hold ";", which would begin another directive. */
const HOST = /^[a-z0-9.-]+$/;

const DATA_URL = /^data:image\/(?:png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/]+=*$/;
