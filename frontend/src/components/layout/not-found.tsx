import { Link } from "react-router";
import { EmptyNest } from "@/components/states/pictures";
import { State } from "@/components/states/state";
import { Button } from "@/components/ui/button";
import { Page } from "./page";

export function Component() {
  return (
    <Page title="Page not found">
      <State
        picture={<EmptyNest />}
        title="Nobody nests here"
        action={
          <Button asChild variant="outline">
            <Link to="/">Back to research</Link>
          </Button>
        }
      >
        <p>The address may have a typo, or the page has moved.</p>
      </State>
    </Page>
  );
}
