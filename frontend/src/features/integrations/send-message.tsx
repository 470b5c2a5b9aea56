import { Send } from "lucide-react";
import { type FormEvent, useState } from "react";
import type { Delivery } from "@/api/types";
import { FailureNote } from "@/components/states/failure";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { fieldClasses, Input } from "@/components/ui/input";
import { OutLink } from "@/components/ui/out-link";
import { cn } from "@/lib/utils";
import { useNotify } from "./queries";

const TEST = "A test message from Rookery.";

/** Sends a message of one's own through an integration. */
export function SendMessage({ name }: { name: string }) {
  const [open, setOpen] = useState(false);
  return (
    <Dialog
      trigger={
        <Button variant="outline" size="sm">
          <Send aria-hidden /> Send a test message
        </Button>
      }
      open={open}
      onOpenChange={setOpen}
      title={`Send through ${name}`}
      description="It is sent as it stands, to the place below or to that of the settings."
    >
      <MessageForm name={name} />
    </Dialog>
  );
}

function MessageForm({ name }: { name: string }) {
  const [text, setText] = useState(TEST);
  const [target, setTarget] = useState("");
  const [key, setKey] = useState(() => crypto.randomUUID());
  const notify = useNotify(name);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    notify.mutate(
      { letter: { text: text.trim(), title: "Rookery", target: target.trim() || null }, key },
      { onSuccess: () => setKey(crypto.randomUUID()) },
    );
  };
  return (
    <form onSubmit={submit} className="mt-5 space-y-4">
      <Field label="Message" htmlFor="message">
        <textarea
          id="message"
          rows={3}
          required
          value={text}
          onChange={(event) => setText(event.target.value)}
          className={cn(fieldClasses, "py-2")}
        />
      </Field>
      <Field
        label="To"
        htmlFor="target"
        hint="A channel, a page, owner/repo, a project; empty: as in the settings."
      >
        <Input
          id="target"
          aria-describedby="target-hint"
          value={target}
          onChange={(event) => setTarget(event.target.value)}
          spellCheck={false}
        />
      </Field>
      <div aria-live="polite" className="empty:hidden">
        {notify.data && <Delivered delivery={notify.data} />}
        <FailureNote error={notify.error} />
      </div>
      <Button type="submit" disabled={notify.isPending || !text.trim()}>
        {notify.isPending ? "Sending…" : "Send"}
      </Button>
    </form>
  );
}

function Delivered({ delivery }: { delivery: Delivery }) {
  return (
    <p className="text-sm break-words text-success">
      Sent to {delivery.target}. {delivery.url && <OutLink url={delivery.url} />}
    </p>
  );
}
