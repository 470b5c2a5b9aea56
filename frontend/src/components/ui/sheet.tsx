import { cva, type VariantProps } from "class-variance-authority";
import { X } from "lucide-react";
import { Dialog } from "radix-ui";
import { type ComponentProps, useRef } from "react";
import { cn } from "@/lib/utils";
import { Button } from "./button";

export const Sheet = Dialog.Root;
export const SheetTrigger = Dialog.Trigger;
export const SheetTitle = Dialog.Title;
export const SheetDescription = Dialog.Description;

const sheetVariants = cva(
  "fixed inset-y-0 z-50 flex flex-col bg-card shadow-sheet outline-none duration-200 data-[state=closed]:animate-out data-[state=open]:animate-in",
  {
    variants: {
      side: {
        left: "left-0 w-72 max-w-[85vw] data-[state=closed]:slide-out-to-left data-[state=open]:slide-in-from-left",
        right:
          "right-0 w-full max-w-2xl data-[state=closed]:slide-out-to-right data-[state=open]:slide-in-from-right",
      },
    },
    defaultVariants: { side: "right" },
  },
);

export function SheetContent({
  className,
  side,
  children,
  ...props
}: ComponentProps<typeof Dialog.Content> & VariantProps<typeof sheetVariants>) {
  const opener = useRef<Element | null>(null);
  return (
    <Dialog.Portal>
      <Dialog.Overlay className="fixed inset-0 z-50 bg-[oklch(0.2_0.03_250/0.45)] data-[state=closed]:animate-out data-[state=closed]:fade-out data-[state=open]:animate-in data-[state=open]:fade-in" />
      <Dialog.Content
        className={cn(sheetVariants({ side }), className)}
        onOpenAutoFocus={() => {
          opener.current = document.activeElement;
        }}
        onCloseAutoFocus={(event) => {
          event.preventDefault();
          if (opener.current instanceof HTMLElement) {
            opener.current.focus();
          }
        }}
        {...props}
      >
        {children}
        <Dialog.Close asChild>
          <Button variant="ghost" size="icon" className="absolute top-3 right-3" aria-label="Close">
            <X aria-hidden />
          </Button>
        </Dialog.Close>
      </Dialog.Content>
    </Dialog.Portal>
  );
}
