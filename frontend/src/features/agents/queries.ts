import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";

export function useAgents() {
  return useQuery({
    queryKey: ["agents"],
    queryFn: ({ signal }) => unwrap(api.GET("/v1/agents", { signal })),
    select: (page) => page.items,
  });
}

/** Give one agent a task of its own. */
export function useRunAgent(agentId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (task: string) =>
      unwrap(
        api.POST("/v1/agents/{agent_id}/runs", {
          params: { path: { agent_id: agentId } },
          body: { task, sources: [], namespace: "default", seed: 0 },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["runs"] }),
  });
}
