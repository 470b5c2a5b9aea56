import { ProblemError, UnreachableError } from "@/api/problem";
import { Button } from "@/components/ui/button";
import { Message } from "./message";
import { BrokenTwig } from "./pictures";
import { State } from "./state";

interface FailureProps {
  error: Error;
  retry?: () => void;
}

/** An error, said in a way that tells what to do. */
export function Failure({ error, retry }: FailureProps) {
  return (
    <div role="alert">
      <State
        picture={<BrokenTwig />}
        title={titleOf(error)}
        action={
          retry && (
            <Button variant="outline" onClick={retry}>
              Try again
            </Button>
          )
        }
      >
        <p>
          <Message text={error.message} />
        </p>
      </State>
    </div>
  );
}

function titleOf(error: Error): string {
  if (error instanceof UnreachableError) {
    return "Rookery does not answer";
  }
  if (error instanceof ProblemError) {
    return error.status === 404 ? "There is nothing here" : error.problem.title;
  }
  return "This page could not be shown";
}

/** A line that says why an action failed. */
export function FailureNote({ error }: { error: Error | null }) {
  return (
    error && (
      <p role="alert" className="rounded-md bg-destructive/10 px-3 py-2 text-sm text-destructive">
        <Message text={error.message} />
      </p>
    )
  );
}
