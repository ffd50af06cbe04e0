/* A program that exits at once: start-up is all it costs. */
int main(void) { return 0; }
