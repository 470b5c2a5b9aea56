import { useState } from "react";
import type { Source } from "@/api/types";
import { Page } from "@/components/layout/page";
import { Listing } from "@/components/states/listing";
import { EmptyNest } from "@/components/states/pictures";
import { State } from "@/components/states/state";
import { SnapshotSheet } from "@/features/answer/snapshot-sheet";
import { AddSource } from "./add-source";
import { useSources } from "./queries";
import { SourceTable } from "./source-table";

export function Component() {
  const sources = useSources();
  const [opened, setOpened] = useState<Source | null>(null);
  return (
    <Page
      title="Sources"
      lead="The library: documents as they were read, stored by the digest of their text."
    >
      <AddSource />
      <Listing query={sources} empty={<NoSources />}>
        {(items) => <SourceTable sources={items} onOpen={setOpened} />}
      </Listing>
      <SnapshotSheet sha256={opened?.sha256 ?? null} onClose={() => setOpened(null)} />
    </Page>
  );
}

function NoSources() {
  return (
    <State picture={<EmptyNest />} title="The library is empty">
      <p>Add a file, a folder or an address above. A run that names its own sources adds them too.</p>
    </State>
  );
}
