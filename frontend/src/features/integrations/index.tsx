import type { IntegrationStatus } from "@/api/types";
import { Page } from "@/components/layout/page";
import { Listing } from "@/components/states/listing";
import { Message } from "@/components/states/message";
import { EmptyNest } from "@/components/states/pictures";
import { State } from "@/components/states/state";
import { Badge } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { useIntegrations } from "./queries";

export function Component() {
  return (
    <Page
      title="Integrations"
      lead="The services in which your team works, and whether Rookery may reach them."
    >
      <Listing query={useIntegrations()} empty={<NoIntegrations />}>
        {(integrations) => (
          <ul className="grid gap-4 sm:grid-cols-2">
            {integrations.map((integration) => (
              <li key={integration.name}>
                <IntegrationCard integration={integration} />
              </li>
            ))}
          </ul>
        )}
      </Listing>
    </Page>
  );
}

function NoIntegrations() {
  return (
    <State picture={<EmptyNest />} title="No integrations">
      <p>None is installed. They are plug-ins; each brings its own settings.</p>
    </State>
  );
}

/** Names whose owners write them with capitals inside. */
const SPELLING: Record<string, string> = { github: "GitHub" };

function IntegrationCard({ integration }: { integration: IntegrationStatus }) {
  return (
    <Card className="h-full p-5">
      <div className="flex items-center gap-3">
        <span
          aria-hidden
          className="display grid size-10 shrink-0 place-items-center rounded-md bg-tint text-xl text-primary uppercase"
        >
          {integration.name[0]}
        </span>
        <div className="min-w-0">
          <h2 className="font-semibold capitalize">{SPELLING[integration.name] ?? integration.name}</h2>
          <p className="text-sm text-muted-foreground">{integration.kind}</p>
        </div>
        <Badge variant={integration.status === "ready" ? "success" : "default"} className="ml-auto">
          {integration.status}
        </Badge>
      </div>
      <p className="mt-3 text-sm break-words text-muted-foreground">
        <Message text={integration.detail} />
      </p>
    </Card>
  );
}
