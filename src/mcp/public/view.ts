import type { Registration } from "../tools/registration.ts";
import type { RegistrationView } from "../tools/registrations.ts";

/** What is public, and nothing of the rest: neither in a list nor by its name. */
export function onlyPublic(registrations: RegistrationView): RegistrationView {
  const all = () => [...registrations.all()].filter(isPublic);
  const ifPublic = (found: Registration | undefined) => (found && isPublic(found) ? found : undefined);
  return {
    all,
    has: (kind) => all().some((registration) => registration.kind === kind),
    // What has the name is found first: something public that also matches does not stand in for what is not.
    tool: (name) => ifPublic(registrations.tool(name)),
    prompt: (name) => ifPublic(registrations.prompt(name)),
    resource: (uri) => ifPublic(registrations.resource(uri)),
    template: (uriTemplate) => ifPublic(registrations.template(uriTemplate)),
    onRegistered: (listener) =>
      registrations.onRegistered((registration) => {
        if (isPublic(registration)) listener(registration);
      }),
  };
}

/**
 * What the lists show before a sign-in, where it comes with the first call: every tool, because a tool says in the list
 * whether it needs one. Prompts and resources cannot say it, so only the public ones are there.
 */
export function beforeSignIn(registrations: RegistrationView): RegistrationView {
  return {
    ...registrations,
    all: () => [...registrations.all()].filter((one) => one.kind === "tool" || isPublic(one)),
  };
}

function isPublic(registration: Registration): boolean {
  return registration.isPublic;
}
