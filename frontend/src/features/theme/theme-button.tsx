import { Monitor, Moon, Sun } from "lucide-react";
import { Button } from "@/components/ui/button";
import { setTheme, THEMES, useTheme } from "./theme";

const ICONS = { light: Sun, dark: Moon, system: Monitor };

/** Steps through light, dark and the system's setting. */
export function ThemeButton() {
  const theme = useTheme();
  const Icon = ICONS[theme];
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";
  return (
    <Button
      variant="ghost"
      size="icon"
      onClick={() => setTheme(next)}
      aria-label={`Theme: ${theme}. Switch to ${next}`}
      title={`Theme: ${theme}`}
      className="text-muted-foreground"
    >
      <Icon aria-hidden />
    </Button>
  );
}
