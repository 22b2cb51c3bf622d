import { afterEach, beforeEach, describe } from "vitest";
import { auditContract } from "./audit-contract.ts";
import { changedPeopleContract } from "./changed-people-contract.ts";
import { clientContract } from "./client-contract.ts";
import { credentialContract } from "./credential-contract.ts";
import { endedPeopleContract } from "./ended-people-contract.ts";
import { expiryContract } from "./expiry-contract.ts";
import { familiarNetworkContract } from "./familiar-network-contract.ts";
import { grantContract } from "./grant-contract.ts";
import { grantLifeContract } from "./grant-life-contract.ts";
import { grantTimelineContract } from "./grant-timeline-contract.ts";
import { housekeepingContract } from "./housekeeping-contract.ts";
import { mailContract } from "./mail-contract.ts";
import { movedLinkContract } from "./moved-link-contract.ts";
import { peopleContract } from "./people-contract.ts";
import { replacementContract } from "./replacement-contract.ts";
import { addSamplePerson } from "./samples.ts";
import { sessionContract } from "./session-contract.ts";
import { signInContract } from "./sign-in-contract.ts";
import type { TestStore } from "./test-store.ts";
import { upstreamContract } from "./upstream-contract.ts";

/**
 * What every database must do, in the same way. A database's own tests call this with a function that opens an empty
 * store.
 */
export function storeContract(name: string, open: () => Promise<TestStore>): void {
  describe(`the store on ${name}`, () => {
    let store: TestStore;
    beforeEach(async () => {
      store = await open();
      await addSamplePerson(store);
    });
    afterEach(() => store.close());

    grantContract(() => store);
    grantLifeContract(() => store);
    grantTimelineContract(() => store);
    clientContract(() => store);
    housekeepingContract(() => store);
    expiryContract(() => store);
    familiarNetworkContract(() => store);
    auditContract(() => store);
    signInContract(() => store);
    sessionContract(() => store);
    peopleContract(() => store);
    credentialContract(() => store);
    changedPeopleContract(() => store);
    endedPeopleContract(() => store);
    mailContract(() => store);
    upstreamContract(() => store);
    movedLinkContract(() => store);
    replacementContract(() => store);
  });
}
