import { type AccountNotice, accountNotice, isAccountNotice } from "../../pages/account/notices.ts";
import type { PartName } from "../../pages/account/values.ts";
import type { Html } from "../../pages/html.ts";
import type { Look } from "../../pages/look.ts";
import { sentenceOf } from "../../pages/page-error.ts";
import type { IdentityRecord } from "../../store/people-records.ts";
import type { AccountPart, AccountPartAction, AtAccount, PartAnswer } from "../sign-in/account-part.ts";

/** What a method adds to the page, with the method's name, which is before the names of its actions and notices. */
export type NamedPart = { readonly name: string; readonly part: AccountPart };

/** No two methods have the same name, so no two parts can collide. */
export const partName = ({ name }: Pick<NamedPart, "name">, inPart: string): PartName => `${name}.${inPart}`;

export type PartAction = {
  readonly of: NamedPart;
  /** Its name in the part. */
  readonly action: string;
  readonly run: AccountPartAction;
};

/** The action that a form names; undefined where no part has it. */
export function partActionCalled(
  name: string | undefined,
  parts: readonly NamedPart[],
): PartAction | undefined {
  for (const of of parts) {
    for (const [action, run] of Object.entries(of.part.actions)) {
      if (partName(of, action) === name) return { of, action, run };
    }
  }
  return undefined;
}

/** What the page says for a notice's name. Undefined for one of a part that the server no longer has. */
export function noticeCalled(
  name: AccountNotice | PartName | undefined,
  parts: readonly NamedPart[],
  look: Pick<Look, "texts">,
): AccountPart["notices"][string] | undefined {
  if (name === undefined) return undefined;
  if (isAccountNotice(name)) return accountNotice(name, look);
  for (const of of parts) {
    const notice = inPart(name, of);
    if (notice) return notice;
  }
  return undefined;
}

/** The same, for the head of the account page: undefined for what a section says itself. */
export function noticeOnTop(
  name: AccountNotice | PartName | undefined,
  parts: readonly NamedPart[],
  look: Pick<Look, "texts">,
): ReturnType<typeof noticeCalled> {
  const isInSection = parts.some((of) => of.part.anchor !== undefined && inPart(name, of) !== undefined);
  return isInSection ? undefined : noticeCalled(name, parts, look);
}

/** The part's notice of this name. */
function inPart(name: string | undefined, of: NamedPart): AccountPart["notices"][string] | undefined {
  return Object.entries(of.part.notices).find(([own]) => partName(of, own) === name)?.[1];
}

/** What an action of a part came to, for its section alone. */
export type Answered = {
  readonly of: NamedPart;
  readonly action: string;
  readonly answer: Exclude<PartAnswer, { readonly kind: "done" | "leave" }>;
};

export type Sections = {
  /** Beside the connected apps. */
  readonly services: readonly Html[];
  /** Of the ways to sign in. */
  readonly sections: readonly Html[];
  readonly scriptHashes: readonly string[];
};

/** The parts' sections for a person, in the parts' order. */
export async function sectionsOf(
  parts: readonly NamedPart[],
  at: Omit<AtAccount, "form" | "notice" | "problem" | "shown">,
  form: (name: PartName, fields: Html) => Html,
  {
    answered,
    notice,
  }: { readonly answered: Answered | undefined; readonly notice: AccountNotice | PartName | undefined },
  look: Pick<Look, "texts">,
): Promise<Sections> {
  const shown = await Promise.all(
    parts.map(async (of) => {
      const answer = answered?.of.name === of.name ? answered.answer : undefined;
      const section = await of.part.section({
        ...at,
        form: (action, fields) => form(partName(of, action), fields),
        notice: of.part.anchor === undefined ? undefined : inPart(notice, of),
        problem:
          answered && answer?.kind === "refused"
            ? { action: answered.action, message: sentenceOf(answer.error, look) }
            : undefined,
        shown: answer?.shown,
      });
      return section === undefined
        ? []
        : [{ section, isOfServices: of.part.anchor !== undefined, scriptHashes: of.part.scriptHashes ?? [] }];
    }),
  );
  const all = shown.flat();
  return {
    services: all.filter(({ isOfServices }) => isOfServices).map(({ section }) => section),
    sections: all.filter(({ isOfServices }) => !isOfServices).map(({ section }) => section),
    scriptHashes: all.flatMap(({ scriptHashes }) => scriptHashes),
  };
}

/** The identities that the page lists itself. The others are those of a method whose part lists them, and removes them. */
export function listedHere(
  identities: readonly IdentityRecord[],
  parts: readonly NamedPart[],
): readonly IdentityRecord[] {
  return identities.filter((identity) => !parts.some(({ part }) => part.lists?.(identity)));
}
