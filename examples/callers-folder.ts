// npm runs the scripts of a workspace in its own folder. What they read and write belongs where the person runs them.
if (process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);
